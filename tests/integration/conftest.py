"""Real servers for the tests, started once a session and stopped for certain.

A part that cannot run on this machine skips its tests and says why; under `CI` it fails instead,
so that nothing is quietly left out.
"""

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from aftercare.stack.apache_kafka import ApacheKafka
from aftercare.stack.mail_catcher import MailCatcher
from aftercare.stack.postgres import Postgres
from aftercare.stack.server import Server
from aftercare.stack.tansu import SESSION_TIMEOUT_MS, Tansu


@dataclass(frozen=True)
class Stack:
    """A broker and an empty store: what consumers need."""

    name: str
    bootstrap_servers: str
    store_url: str
    session_timeout_ms: int


def require(kind: type[Server]) -> None:
    """Skip (or, under CI, fail) when this server cannot run here."""
    reason = kind.available()
    if reason and os.environ.get("CI"):
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)


@pytest.fixture(scope="session")
def tansu_broker() -> Iterator[Tansu]:
    require(Tansu)
    with Tansu() as broker:
        yield broker


@pytest.fixture(scope="session")
def apache_kafka() -> Iterator[ApacheKafka]:
    require(ApacheKafka)
    with ApacheKafka() as broker:
        yield broker


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    require(Postgres)
    with Postgres(durable=False) as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: Postgres) -> str:
    """The SQLAlchemy URL of an empty database that only this test uses."""
    return postgres_server.create(f"test_{uuid.uuid4().hex[:12]}")


@pytest.fixture
def mail_catcher() -> Iterator[MailCatcher]:
    """An SMTP server that keeps every mail; `mail_catcher.mails()` parses them."""
    with MailCatcher() as catcher:
        yield catcher


@pytest.fixture(params=["embedded", "production"])
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Stack:
    """Every test that takes it runs twice: Tansu + SQLite, then Apache Kafka + PostgreSQL.

    Brokers are shared by the session: name topics and groups after the test, or make them anew.
    """
    if request.param == "embedded":
        broker = request.getfixturevalue("tansu_broker")
        url = f"sqlite:///{tmp_path / 'store.db'}"
        return Stack("embedded", broker.address, url, SESSION_TIMEOUT_MS)
    broker = request.getfixturevalue("apache_kafka")
    url = request.getfixturevalue("postgres_url")
    return Stack("production", broker.address, url, 10_000)
