# Aftercare. `make` alone lists what can be done; everything runs without Docker.
.DEFAULT_GOAL := help
PY := .venv/bin/python
KAFKA ?= tansu
STORE ?= sqlite

.PHONY: help env demo up test check format lock secrets bench clean

help: ## what can be done
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

env: ## make .venv from requirements.lock (instant when it is there)
	@scripts/bootstrap

demo: env ## a shop's eventful week in two minutes; DATA=dir replays real Olist orders
	@$(PY) -m aftercare demo $(if $(DATA),--data $(DATA))

up: env ## the whole stack until Ctrl-C; KAFKA=tansu|apache STORE=sqlite|postgres
	@$(PY) -m aftercare up --kafka $(KAFKA) --store $(STORE)

test: env ## all tests; ONLY="tests/unit -k late" for some
	$(PY) -m pytest $(ONLY)

check: env ## ruff, format, mypy --strict, rules and templates
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m aftercare rules check
	$(PY) -m aftercare policy check
	$(PY) -m aftercare template check

format: env ## let ruff write
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

lock: env ## resolve pyproject.toml anew into requirements.lock
	.venv/bin/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 \
		--generate-hashes --no-annotate --no-header --no-emit-index-url -q -o requirements.lock

secrets: ## write .env with generated passwords for docker-compose (once, owner only)
	@scripts/secrets

bench: env ## measure what the README says about speed
	$(PY) -m bench

clean: ## remove what was written: var, caches (not .venv, not .env)
	rm -rf var .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
