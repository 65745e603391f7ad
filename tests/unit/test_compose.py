"""docker-compose.yml says nothing that the code does not know."""

import re
from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from aftercare.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: each for name, each in SERVICES.items() if each["image"] == "aftercare:local"}
EXAMPLE = (ROOT / ".env.example").read_text()
OPTIONAL = {"AFTERCARE_SENDGRID_API_KEY", "AFTERCARE_HANDOFF_WEBHOOK_SECRET"}
"""Empty unless SendGrid is the sender, or hand-offs go to a webhook."""

EXAMPLE_NAMES = set(re.findall(r"^([A-Z_]+)=", EXAMPLE, re.MULTILINE))
SETTINGS = {f"{PREFIX}{each.name.upper()}" for each in fields(Settings)}


def test_every_setting_in_it_exists() -> None:
    used = {name for each in OURS.values() for name in each["environment"] if PREFIX in name}
    assert used
    assert used - SETTINGS == set()


def test_it_reads_exactly_the_variables_that_the_example_explains() -> None:
    assert set(re.findall(r"\$\{([A-Z_]+)", TEXT)) == EXAMPLE_NAMES


def test_settings_in_the_example_exist() -> None:
    assert {name for name in EXAMPLE_NAMES if name.startswith(PREFIX)} <= SETTINGS


def test_every_airflow_option_in_it_is_known_to_airflow() -> None:
    used = {name for each in OURS.values() for name in each["environment"] if "AIRFLOW__" in name}
    unknown = {name for name in used if tuple(name.split("__")[1:]) not in _airflow_options()}
    assert used
    assert unknown == set()


def test_its_secrets_have_no_default() -> None:
    for name in EXAMPLE_NAMES:
        if not name.endswith(("_PASSWORD", "_SECRET", "_KEY")):
            continue
        assert re.search(rf"^{name}=$", EXAMPLE, re.MULTILINE), f"{name} has a value"
        if name not in OPTIONAL:
            bare = re.findall(rf"\$\{{{name}(?!:\?)", TEXT)
            assert bare == [], f"{name} may be left empty"


def test_ports_are_published_on_loopback_only() -> None:
    published = [port for each in SERVICES.values() for port in each.get("ports", [])]
    assert published
    assert [port for port in published if not port.startswith("127.0.0.1:")] == []


@pytest.mark.parametrize("name", ["consumers", "worker"])
def test_what_scales_has_neither_a_name_nor_a_port_of_its_own(name: str) -> None:
    assert not {"container_name", "ports", "hostname"} & set(SERVICES[name])


def test_every_service_has_a_memory_limit_and_a_health_check_or_an_end() -> None:
    assert [name for name, each in SERVICES.items() if "mem_limit" not in each] == []
    unchecked = {name for name, each in SERVICES.items() if "healthcheck" not in each}
    # one-shots are judged by their exit code
    assert unchecked == {"store-upgrade", "airflow-init"}


def test_consumers_are_healthy_by_the_file_that_they_touch() -> None:
    consumers = SERVICES["consumers"]
    touched = consumers["command"][consumers["command"].index("--alive") + 1]
    assert f"find {touched} " in consumers["healthcheck"]["test"][1]


def test_nobody_runs_as_root() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert re.findall(r"^USER (.+)$", dockerfile, re.MULTILINE) == ["aftercare"]
    users = {name: each.get("user") for name, each in SERVICES.items() if name not in OURS}
    assert users.pop("kafka") is None  # its image sets appuser itself
    assert "root" not in users.values()
    assert None not in users.values()


def test_services_wait_for_services_that_exist_and_can_be_healthy() -> None:
    for each in SERVICES.values():
        for other, wanted in each.get("depends_on", {}).items():
            assert other in SERVICES
            if wanted["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[other]


def test_named_volumes_are_declared_and_mounted_files_exist() -> None:
    for each in SERVICES.values():
        for volume in each.get("volumes", []):
            source = volume.split(":")[0]
            known = source in COMPOSE["volumes"] or (ROOT / source).is_file()
            assert known, f"{source} is neither declared nor a file"


def test_what_the_image_copies_exists_and_is_let_into_the_build() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    copied = re.findall(r"^COPY (?!--from)(\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert copied
    for path in copied:
        assert (ROOT / path).exists(), path
        assert f"!{path}" in ignored, f"{path} is not let in by .dockerignore"


def test_every_command_of_ours_exists() -> None:
    for name, each in OURS.items():
        program, *arguments = each["command"]
        if program == "aftercare":
            assert _is_command(arguments), name
        elif program == "python":
            assert find_spec(f"{arguments[1]}.__main__"), name
        elif program == "airflow":
            assert _airflow_accepts(arguments), name
        else:
            assert (ROOT / program).is_file(), name


def test_addresses_in_it_name_services_and_the_ports_that_they_listen_on() -> None:
    listens = {
        "kafka": "9092",
        "postgres": "5432",
        "redis": "6379",
        "api-server": "8080",
        "mail": "1025",
    }
    consumers = SERVICES["consumers"]["environment"]
    assert consumers["AFTERCARE_SMTP_HOST"] == "mail"
    assert consumers["AFTERCARE_SMTP_PORT"] == listens["mail"]
    for host, port in re.findall(r"(?:@|http://|: )([a-z-]+):(\d{4})\b", TEXT):
        assert listens.get(host) == port or host == "localhost", f"{host}:{port}"


def _airflow_options() -> set[tuple[str, str]]:
    from airflow.configuration import conf
    from airflow.providers.celery.get_provider_info import get_provider_info

    celery = get_provider_info()["config"]  # type: ignore[no-untyped-call]
    sections = dict(conf.configuration_description) | celery
    return {
        (section.upper(), option.upper())
        for section, described in sections.items()
        for option in described["options"]
    }


def _airflow_accepts(arguments: list[str]) -> bool:
    from airflow.cli.cli_parser import get_parser

    return bool(get_parser().parse_args(arguments).func)


def _is_command(words: list[str]) -> bool:
    import typer.main

    from aftercare.cli import main

    if words[0] in main.COMMANDS:
        return len(words) == 1
    group: Any = typer.main.get_command(main._load(main.GROUPS[words[0]]))
    return words[1] in group.commands
