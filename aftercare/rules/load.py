"""Loading rules: every problem of every file at once, each with file, rule, field and mend."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from aftercare.errors import RuleError
from aftercare.rules.build import build
from aftercare.rules.model import Rule, Rulebook
from aftercare.rules.yaml import read_mapping


def load_rules(
    folder: Path,
    *,
    templates: Collection[str] | None = None,
    budgets: Collection[str] | None = None,
    teams: Collection[str] | None = None,
) -> Rulebook:
    """Read `*.yml` of a folder in the order of their names.

    templates, budgets, teams: the names that rules may use (None: not checked). Raises RuleError
    with one line for each problem found.
    """
    problems: list[str] = []
    rules: dict[str, Rule] = {}
    files = sorted(folder.glob("*.yml"))
    if not files:
        raise RuleError(f"{folder}: no rules here; AFTERCARE_RULES names the folder of *.yml files")
    for file in files:
        for name, raw in _read(file, problems).items():
            _add(rules, file, name, raw, problems, templates, budgets, teams)
    if problems:
        raise RuleError("\n".join(problems))
    return Rulebook.of(list(rules.values()))


def _read(file: Path, problems: list[str]) -> dict[str, Any]:
    try:
        return read_mapping(file)
    except RuleError as error:
        problems.append(str(error))
        return {}


def _add(
    rules: dict[str, Rule],
    file: Path,
    name: str,
    raw: Any,
    problems: list[str],
    templates: Collection[str] | None,
    budgets: Collection[str] | None,
    teams: Collection[str] | None,
) -> None:
    if name in rules:
        problems.append(
            f"{file}: {name}: already a rule in {rules[name].file}; choose another name"
        )
        return
    rule, found = build(file, name, raw, templates, budgets, teams)
    problems += found
    if rule is not None and not found:
        rules[name] = rule
