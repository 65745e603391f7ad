"""Dead letters as an operator handles them, on both stacks."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka.serializer import Serializer
from sqlalchemy import text, update

from aftercare.stack.waiting import wait_until
from aftercare.store.engine import writing
from aftercare.store.tables import dead_letters
from tests.integration.conftest import Stack
from tests.integration.test_consumers import Consumers
from tests.integration.test_consumers_troubles import REFUSALS

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]

MENDS = {
    "sqlite": "DROP TRIGGER refuse",
    "postgresql": "ALTER TABLE orders DROP CONSTRAINT refuse",
}


@pytest.fixture
def consumers(stack: Stack, tmp_path: Path) -> Iterator[Consumers]:
    running = Consumers(stack, tmp_path)
    yield running
    running.stop()


def test_after_a_fix_a_replayed_dead_letter_becomes_a_fact_and_everything_adds_up(
    consumers: Consumers,
) -> None:
    poison = f"{consumers.prefix}-o3"
    _run_sql(consumers, REFUSALS, poison=poison)
    consumers.produce(0, 10, dirt=2)
    consumers.start()
    assert wait_until(lambda: consumers.orders() == 9 and consumers.dead() == 2, 60)
    listed = consumers.cli("dead-letters", "list", "--reason", "refused").stdout
    (identity,) = re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", listed)
    shown = consumers.cli("dead-letters", "show", identity).stdout
    assert poison in shown
    assert "orders[" in shown
    _run_sql(consumers, MENDS)
    assert replayed(consumers, "--reason", "refused", "--since", "2026-01-01")
    assert wait_until(lambda: consumers.orders() == 10, 60)
    assert consumers.cli("dead-letters", "replay", identity).stdout == "0 replayed\n"
    dropped = consumers.cli("dead-letters", "drop", "--topic", "orders").stdout
    assert int(dropped.split()[0]) >= 2
    sums = consumers.cli("reconcile")
    assert sums.returncode == 0, sums.stdout


def replayed(consumers: Consumers, *which: str) -> bool:
    return consumers.cli("dead-letters", "replay", *which).stdout == "1 replayed\n"


def test_a_dead_letter_that_does_not_exist_is_refused_and_names_the_list(
    consumers: Consumers,
) -> None:
    for command in ("show", "replay", "drop"):
        refused = consumers.cli("dead-letters", command, "nonsense")
        assert refused.returncode == 2
        assert "aftercare dead-letters list" in refused.stderr


def test_a_topic_is_read_anew_only_when_its_dead_letters_are_settled(consumers: Consumers) -> None:
    consumers.produce(0, 10, dirt=2)
    process = consumers.start()
    assert wait_until(lambda: consumers.orders() == 10 and consumers.dead() == 2, 60)
    process.terminate()
    assert process.wait(20) == 0
    refused = consumers.cli("offsets", "reset", "orders", "--yes")
    assert (refused.returncode, "dead-letters replay" in refused.stderr) == (2, True)
    consumers.cli("dead-letters", "drop", "--topic", "orders")
    assert consumers.cli("offsets", "reset", "orders", "--yes").returncode == 0
    consumers.start()
    assert wait_until(lambda: consumers.dead() == 2, 60)
    assert wait_until(lambda: consumers.cli("reconcile").returncode == 0, 60)
    assert consumers.orders() == 10


def _run_sql(consumers: Consumers, dialects: dict[str, str], **words: str) -> None:
    with writing(consumers.engine) as connection:
        connection.execute(text(dialects[connection.dialect.name].format(**words)))


def test_a_record_without_key_and_value_hurts_nobody(consumers: Consumers) -> None:
    produce_nothing(consumers)
    process = consumers.start()
    consumers.produce(0, 5, dirt=1)
    assert wait_until(lambda: consumers.orders() == 5 and consumers.dead() == 1, 60)
    assert process.poll() is None
    listed = consumers.cli("dead-letters", "list", "--reason", "empty").stdout
    (nothing, *_) = re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", listed)
    replayed_all = consumers.cli("dead-letters", "replay", "--all")
    assert replayed_all.returncode == 2
    assert f"{nothing}: it has neither key nor value" in replayed_all.stderr
    assert int(replayed_all.stdout.split()[0]) >= 1
    assert consumers.cli("dead-letters", "drop", nothing[:8]).stdout == "1 dropped\n"
    assert consumers.cli("reconcile").returncode == 0


class Nothing(Serializer):  # type: ignore[misc]
    """Writes nothing, whatever it is given."""

    def serialize(self, *_: object) -> None:
        return None


def produce_nothing(consumers: Consumers) -> None:
    """A record as other clients may write it."""
    from kafka import KafkaProducer

    producer = KafkaProducer(
        bootstrap_servers=consumers.settings.kafka,
        key_serializer=Nothing(),
        value_serializer=Nothing(),
    )
    producer.send("orders", key=b"x", value=b"x").get(timeout=20)
    producer.close()


def test_an_event_that_is_larger_than_the_client_likes_is_replayed_all_the_same(
    consumers: Consumers,
) -> None:
    consumers.produce(0, 1, dirt=1)
    consumers.start()
    assert wait_until(lambda: consumers.dead() == 1, 60)
    with writing(consumers.engine) as connection:
        mine = dead_letters.c.reason == "not-json"
        connection.execute(update(dead_letters).where(mine).values(value=b"x" * 1_048_576))
    listed = consumers.cli("dead-letters", "list", "--reason", "not-json").stdout
    (identity, *_) = re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", listed)
    done = consumers.cli("dead-letters", "replay", identity)
    taken = done.stdout == "1 replayed\n"
    # Whether it is taken is the broker's affair; what is not says so, and stays.
    assert taken or "larger than its topic allows" in done.stderr
    assert "PASSWORD" not in done.stderr
