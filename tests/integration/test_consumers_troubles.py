"""What a consumer does when records, topics or the store are not as they should be."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient
from sqlalchemy import select, text

from aftercare.sources.topics import ensure_topics
from aftercare.stack.apache_kafka import ApacheKafka
from aftercare.stack.waiting import wait_until
from aftercare.store.engine import reading, writing
from aftercare.store.offsets import begin
from aftercare.store.tables import dead_letters, offsets
from aftercare.upkeep.kafka_ends import kafka_ends
from aftercare.upkeep.reconcile import reconcile
from tests.integration.conftest import Stack
from tests.integration.test_consumers import Consumers

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]

REFUSALS = {
    "sqlite": """CREATE TRIGGER refuse BEFORE INSERT ON orders WHEN NEW.order_id = '{poison}'
        BEGIN SELECT RAISE(ABORT, 'refused'); END""",
    "postgresql": "ALTER TABLE orders ADD CONSTRAINT refuse CHECK (order_id <> '{poison}')",
}


@pytest.fixture
def consumers(stack: Stack, tmp_path: Path) -> Iterator[Consumers]:
    running = Consumers(stack, tmp_path)
    yield running
    running.stop()


@pytest.fixture
def on_apache(apache_kafka: ApacheKafka, postgres_url: str, tmp_path: Path) -> Iterator[Consumers]:
    """With what only Apache Kafka has: transactions, and topics that are made again."""
    running = Consumers(Stack("apache", apache_kafka.address, postgres_url, 6_000), tmp_path)
    yield running
    running.stop()


def test_a_record_that_the_store_refuses_becomes_a_dead_letter_and_all_others_facts(
    consumers: Consumers,
) -> None:
    poison = f"{consumers.prefix}-o7"
    with writing(consumers.engine) as connection:
        connection.execute(text(REFUSALS[connection.dialect.name].format(poison=poison)))
    consumers.produce(0, 20)
    process = consumers.start()
    assert wait_until(lambda: consumers.orders() == 19, 60)
    assert wait_until(lambda: _refused(consumers) == [poison], 30)
    assert process.poll() is None
    assert reconcile(consumers.parts(), kafka_ends).wrong == []


def test_silence_is_believed_behind_a_transaction_whose_marker_is_the_last_offset(
    on_apache: Consumers,
) -> None:
    producer = KafkaProducer(
        bootstrap_servers=on_apache.settings.kafka, transactional_id=uuid.uuid4().hex
    )
    producer.init_transactions()
    for commit in (True, False):
        producer.begin_transaction()
        number = 1 if commit else 2
        event = {
            "specversion": "1.0",
            "type": "order.placed",
            "id": f"{on_apache.prefix}-{number}",
            "source": "/test",
            "time": "2026-01-05T12:00:00Z",
            "data": {"customer_id": "c", "order_id": f"{on_apache.prefix}-o{number}"},
        }
        producer.send("orders", msgspec.json.encode(event), key=b"c")
        if commit:
            producer.commit_transaction()
        else:
            producer.flush()
            producer.abort_transaction()
    producer.close()
    on_apache.start()
    assert wait_until(lambda: on_apache.orders() == 1, 60)
    assert wait_until(lambda: _all_believed(on_apache), 30)
    sums = reconcile(on_apache.parts(), kafka_ends)
    assert (sums.wrong, sums.behind) == ([], 0)


def test_a_topic_that_was_made_again_is_refused_and_names_the_mend(on_apache: Consumers) -> None:
    on_apache.produce(0, 10)
    first = on_apache.start()
    assert wait_until(lambda: on_apache.orders() == 10, 60)
    first.terminate()
    assert first.wait(20) == 0
    _make_again(on_apache.settings.kafka, "orders")
    on_apache.produce(100, 30)
    second = on_apache.start()
    assert second.wait(60) == 2
    assert b"aftercare offsets reset orders --yes" in _log(on_apache)
    assert on_apache.orders() == 10


def test_an_unknown_topic_is_refused_at_once(on_apache: Consumers) -> None:
    process = on_apache.start(argv=["--topics", "order"])
    assert process.wait(30) == 2
    assert b"not a topic of ours" in _log(on_apache)


def _make_again(bootstrap_servers: str, topic: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap_servers)
    admin.delete_topics([topic])
    assert wait_until(lambda: topic not in admin.list_topics(), 20)
    admin.close()
    ensure_topics(bootstrap_servers, 2, 1)


def _log(consumers: Consumers) -> bytes:
    last = len(consumers.running) - 1
    return (consumers.settings.home / f"consumer-{last}.log").read_bytes()


def _refused(consumers: Consumers) -> list[str]:
    # The broker is shared: what other tests left on the topic is read as well.
    query = select(dead_letters.c.value).where(dead_letters.c.reason == "refused")
    with reading(consumers.engine) as connection:
        values = connection.execute(query).scalars().all()
    return [msgspec.json.decode(value)["data"]["order_id"] for value in values]


def _all_believed(consumers: Consumers) -> bool:
    with reading(consumers.engine) as connection:
        query = select(offsets).where(offsets.c.topic == "orders")
        rows = connection.execute(query).mappings().all()
    return len(rows) == 2 and all(row["read_past"] is not None for row in rows)


def test_events_that_no_consumer_has_seen_are_told_as_waiting(on_apache: Consumers) -> None:
    before = reconcile(on_apache.parts(), kafka_ends).behind
    on_apache.produce(0, 30)
    sums = reconcile(on_apache.parts(), kafka_ends)
    assert before is not None
    assert (sums.wrong, sums.events, sums.behind) == ([], 0, before + 30)


def test_a_partition_that_kafka_does_not_have_is_named(on_apache: Consumers) -> None:
    with writing(on_apache.engine) as connection:
        begin(connection, ("orders", 99), 0)
        begin(connection, ("gone", 0), 0)
    wrong = reconcile(on_apache.parts(), kafka_ends).wrong
    assert [line.split(":")[0] for line in wrong] == ["gone[0]", "orders[99]"]
    assert "Kafka has no such partition" in wrong[0]
