"""Every setting, once: name, default, meaning. `AFTERCARE_<NAME>` in the environment sets it."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from aftercare.errors import SettingsError
from aftercare.handoffs.address import check_webhook

PREFIX = "AFTERCARE_"
_SERVER = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[\w.-]+):[0-9]{1,5}")
ROOT = Path(__file__).resolve().parent.parent


def setting(default: Any, meaning: str, secret: bool = False) -> Any:
    return field(default=default, metadata={"meaning": meaning, "secret": secret})


@dataclass(frozen=True)
class Settings:
    """What an operator can set. Paths are absolute or relative to the working directory."""

    home: Path = setting(Path("var"), "folder for everything written: store, outbox, logs, Airflow")
    store: str = setting("", "store URL (SQLAlchemy); empty: SQLite in <home>/aftercare.db")
    kafka: str = setting("127.0.0.1:9092", "Kafka bootstrap servers, comma separated")
    kafka_username: str = setting("", "SASL/SCRAM user name; empty: no authentication")
    kafka_password: str = setting("", "SASL/SCRAM password", secret=True)
    kafka_tls: bool = setting(False, "TLS to Kafka")
    consumer_group: str = setting("aftercare", "Kafka consumer group")
    partitions: int = setting(6, "partitions of a topic that the consumers create")
    replication: int = setting(1, "replication factor of a topic that the consumers create")
    batch: int = setting(1000, "events a consumer handles in one transaction, at the most")
    session_timeout_ms: int = setting(45_000, "Kafka session time-out in milliseconds")
    dead_letter_share: float = setting(0.5, "a consumer stops when more than this share is dead")
    dead_letter_rows: int = setting(200, "events seen before that share is judged")
    listening_grace: float = setting(
        5.0, "machine seconds a producer may be late before silence is believed"
    )
    rules: Path = setting(ROOT / "rules", "folder of care rules")
    templates: Path = setting(ROOT / "templates", "folder of templates and brand.yml")
    expectations: Path = setting(ROOT / "expectations", "folder of Great Expectations suites")
    policy: Path = setting(ROOT / "policy.yml", "the policy file")
    clock: str = setting("", "the care clock; empty: real time (see aftercare/clock.py)")
    sender: str = setting("outbox", "outbox, smtp or sendgrid")
    outbox: Path | None = setting(None, "folder of the outbox; empty: <home>/outbox")
    smtp_host: str = setting("127.0.0.1", "SMTP server")
    smtp_port: int = setting(1025, "SMTP port")
    smtp_username: str = setting("", "SMTP user name; empty: no authentication")
    smtp_password: str = setting("", "SMTP password", secret=True)
    smtp_tls: bool = setting(False, "STARTTLS before anything else")
    sendgrid_api_key: str = setting("", "SendGrid API key", secret=True)
    sendgrid_url: str = setting("https://api.sendgrid.com", "SendGrid base address")
    sendgrid_sandbox: bool = setting(False, "SendGrid's sandbox mode: validated, never delivered")
    chunk: int = setting(500, "triggers claimed in one batch, at the most")
    lease: float = setting(300.0, "machine seconds before a claim may be taken over")
    unknown_after: float = setting(21_600.0, "care seconds before silence settles an unknown send")
    late_limit: float = setting(
        3600.0, "machine seconds a due trigger may wait before upkeep fails"
    )
    sweep: float = setting(300.0, "machine seconds between two sweeps of a DAG for what fell due")
    airflow_url: str = setting("", "Airflow's address; consumers wake DAGs there; empty: no waking")
    airflow_username: str = setting("", "user that wakes DAGs")
    airflow_password: str = setting("", "its password", secret=True)
    handoff_webhook: str = setting("", "address that hand-offs are posted to; empty: outbox mail")
    handoff_webhook_secret: str = setting(
        "", "whsec_… that signs them (Standard Webhooks); empty: unsigned", secret=True
    )
    log_level: str = setting("INFO", "DEBUG, INFO, WARNING or ERROR")

    @property
    def store_url(self) -> str:
        """The store's SQLAlchemy URL; SQLite under `home` unless one is set."""
        if not self.store:
            return f"sqlite:///{self.home.resolve() / 'aftercare.db'}"
        return self.store.replace("postgresql://", "postgresql+psycopg://", 1)

    @property
    def outbox_dir(self) -> Path:
        """Where the outbox sender writes its .eml files and index page."""
        return self.outbox or self.home / "outbox"


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read settings from `AFTERCARE_*` variables.

    Raises SettingsError for a value that does not fit, and for an `AFTERCARE_` name nobody knows.
    """
    environ = os.environ if environ is None else environ
    known = {f.name: f for f in fields(Settings)}
    given: dict[str, Any] = {}
    for variable, text in environ.items():
        name = variable.removeprefix(PREFIX).lower()
        if not variable.startswith(PREFIX):
            continue
        if name not in known:
            raise SettingsError(f"{variable} is not a setting; `aftercare settings` lists them")
        if text != "":
            given[name] = _read(variable, text, known[name].type)
    found = Settings(**given)
    _check_kafka(found.kafka)
    check_webhook(found.handoff_webhook, found.handoff_webhook_secret)
    return found


def _check_kafka(servers: str) -> None:
    for server in servers.split(","):
        if not _SERVER.fullmatch(server.strip()):
            raise SettingsError(
                f"AFTERCARE_KAFKA={servers!r} is no list of servers; write it as "
                "broker1:9092,broker2:9092"
            )


def _read(variable: str, text: str, kind: Any) -> Any:
    try:
        if kind is bool:
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[
                text.lower()
            ]
        if kind in (int, float):
            return kind(text)
        return text if kind is str else Path(text)
    except (ValueError, KeyError) as error:
        raise SettingsError(f"{variable}={text!r} is not a {kind.__name__}") from error
