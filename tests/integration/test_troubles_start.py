"""At the start something is away, or refuses us: said once and kindly, and waited for where that helps."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from aftercare.settings import Settings
from aftercare.stack.ports import free_port
from aftercare.stack.postgres import Postgres
from aftercare.stack.tansu import Tansu
from aftercare.store.engine import open_store
from aftercare.store.upgrade import upgrade
from tests.integration.conftest import require
from tests.integration.troubled import Troubled, troubled

SECRET = "not-the-password"
REFUSED = "the store refuses the user or the password; check AFTERCARE_STORE"
NO_DATABASE = "the store's server has no such database; create it, or mend AFTERCARE_STORE"
DAMAGED = "the store's file is damaged or is no SQLite database"
NO_STORE = "cannot be reached; is its server running there?"
NO_KAFKA = "Kafka does not answer at"

WRONG = {
    "password": ({"password": SECRET}, REFUSED),
    "user": ({"username": "nobody", "password": SECRET}, REFUSED),
    "database": ({"database": "elsewhere"}, NO_DATABASE),
}
"""What is wrong in the URL, and what is said."""


def empty(settings: Settings) -> None:
    engine = open_store(settings.store_url)
    upgrade(engine)
    engine.dispose()


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A server that may be stopped and started again."""
    require(Postgres)
    with Postgres(durable=False) as server:
        yield server


def ends_with_2(process: subprocess.Popen[bytes]) -> bool:
    return process.wait(30) == 2


@pytest.mark.postgres
@pytest.mark.parametrize("wrong", sorted(WRONG))
def test_a_store_that_refuses_us_is_told_in_one_line_without_the_password(
    wrong: str, postgres_url: str, tmp_path: Path
) -> None:
    change, words = WRONG[wrong]
    given = make_url(postgres_url).set(**change)  # type: ignore[arg-type]
    url = given.render_as_string(hide_password=False)
    with troubled(tmp_path, store=url) as running:
        for command in (["status"], ["run", "apology"], ["store", "upgrade"]):
            told = running.refuses(*command)
            assert told == f"error: {words}"
        # Nobody mends this by waiting, so the consumer does not wait.
        assert ends_with_2(running.consume())
        log = running.log().read_text()
    assert words in log
    assert "Traceback" not in log
    assert str(given.password) not in log


@pytest.mark.kafka
@pytest.mark.postgres
def test_a_consumer_waits_for_a_store_that_is_away_at_its_start(
    tansu_broker: Tansu, own_postgres: Postgres, tmp_path: Path
) -> None:
    assert own_postgres.child
    with troubled(tmp_path, kafka=tansu_broker.address, store=own_postgres.address) as running:
        empty(running.settings)
        own_postgres.child.stop()
        process = running.consume()
        running.hears(NO_STORE)
        place = f"127.0.0.1:{own_postgres.port}/aftercare"
        assert f"the store at {place} {NO_STORE}" in running.refuses("status")
        assert "Traceback" not in running.log().read_text()
        own_postgres.start()
        goes_on(running)
        assert running.says(NO_STORE) == 1
        assert process.poll() is None


@pytest.mark.kafka
def test_a_consumer_waits_for_a_broker_that_is_away_at_its_start(tmp_path: Path) -> None:
    require(Tansu)
    port = free_port()
    with troubled(tmp_path, kafka=f"127.0.0.1:{port}") as running:
        empty(running.settings)
        process = running.consume()
        running.hears(f"{NO_KAFKA} 127.0.0.1:{port}")
        with Tansu(port=port):
            goes_on(running)
            assert running.says(NO_KAFKA) == 1
            assert process.poll() is None
            running.stop()
        assert "ERROR" not in running.log().read_text()


def goes_on(running: Troubled) -> None:
    running.produce(0, 5)
    running.arrived(5)
    running.hears("well again")
    assert running.sums().wrong == []


def test_a_file_that_is_no_store_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"no database at all " * 1000)
    with troubled(tmp_path, store=f"sqlite:///{path}") as running:
        for command in (["status"], ["store", "upgrade"]):
            assert DAMAGED in running.refuses(*command)
        assert ends_with_2(running.consume())
        assert running.says(DAMAGED) == 1
    assert path.read_bytes() == b"no database at all " * 1000


@pytest.mark.kafka
def test_a_command_that_needs_a_broker_refuses_soon_when_it_is_away(tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    events.write_text('{"type": "order.placed"}\n')
    with troubled(tmp_path, kafka=f"127.0.0.1:{free_port()}") as running:
        empty(running.settings)
        told = running.refuses("play", str(events), "--instant")
    assert f"{NO_KAFKA} {running.settings.kafka}" in told
    assert "set AFTERCARE_KAFKA to where it is" in told
    assert "\n" not in told
