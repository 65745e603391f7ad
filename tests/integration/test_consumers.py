"""The consumers as processes, on Tansu + SQLite and on Apache Kafka + PostgreSQL."""

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import func, select

from aftercare.settings import Settings
from aftercare.sources.topics import ensure_topics
from aftercare.stack.waiting import wait_until
from aftercare.steps.parts import Parts, build
from aftercare.store.engine import open_store, reading
from aftercare.store.tables import dead_letters, orders
from aftercare.store.upgrade import upgrade
from aftercare.upkeep.kafka_ends import kafka_ends
from aftercare.upkeep.reconcile import reconcile
from tests.integration.conftest import Stack

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.kafka, pytest.mark.postgres]


class Consumers:
    """Consumer processes over one store, and a producer."""

    def __init__(self, stack: Stack, home: Path) -> None:
        self.settings = Settings(
            home=home,
            store=stack.store_url,
            kafka=stack.bootstrap_servers,
            consumer_group=f"test-{uuid.uuid4().hex[:8]}",
            session_timeout_ms=stack.session_timeout_ms,
            partitions=2,
        )
        self.prefix = uuid.uuid4().hex[:8]
        self.running: list[subprocess.Popen[bytes]] = []
        self.engine = open_store(self.settings.store_url)
        upgrade(self.engine)
        ensure_topics(stack.bootstrap_servers, 2, 1)

    @property
    def env(self) -> dict[str, str]:
        """What a command of this stack needs to know."""
        env = {k: v for k, v in os.environ.items() if not k.startswith("AFTERCARE_")}
        given = self.settings
        return env | {
            "AFTERCARE_HOME": str(given.home),
            "AFTERCARE_STORE": given.store_url,
            "AFTERCARE_KAFKA": given.kafka,
            "AFTERCARE_CONSUMER_GROUP": given.consumer_group,
            "AFTERCARE_SESSION_TIMEOUT_MS": str(given.session_timeout_ms),
            "AFTERCARE_DEAD_LETTER_ROWS": "100000",
        }

    def start(self, crashpoint: str = "", argv: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        env = self.env | {"CRASHPOINT": crashpoint}
        log = (self.settings.home / f"consumer-{len(self.running)}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, "-m", "consumers", *argv], env=env, cwd=ROOT, stdout=log, stderr=log
        )
        self.running.append(process)
        return process

    def cli(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """Run an `aftercare` command to its end."""
        command = [sys.executable, "-m", "aftercare", *argv]
        env = self.env | {"COLUMNS": "200"}
        return subprocess.run(
            command, env=env, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
        )

    def produce(self, first: int, number: int, *, dirt: int = 0) -> None:
        from kafka import KafkaProducer

        producer = KafkaProducer(bootstrap_servers=self.settings.kafka)
        for n in range(first, first + number):
            customer = f"{self.prefix}-c{n % 7}"
            event = {
                "specversion": "1.0",
                "type": "order.placed",
                "id": f"{self.prefix}-{n}",
                "source": "/test",
                "time": "2026-01-05T12:00:00Z",
                "data": {"customer_id": customer, "order_id": f"{self.prefix}-o{n}"},
            }
            producer.send("orders", msgspec.json.encode(event), key=customer.encode())
        for n in range(dirt):
            producer.send("orders", f"{self.prefix} no event {n}".encode(), key=b"x")
        producer.flush(timeout=30)
        producer.close()

    def orders(self) -> int:
        mine = orders.c.order_id.startswith(self.prefix)
        with reading(self.engine) as connection:
            query = select(func.count()).select_from(orders).where(mine)
            return int(connection.execute(query).scalar_one())

    def dead(self) -> int:
        with reading(self.engine) as connection:
            values = connection.execute(select(dead_letters.c.value)).scalars()
            return sum(bytes(v or b"").startswith(self.prefix.encode()) for v in values)

    def parts(self) -> Parts:
        return build(self.settings)

    def stop(self) -> None:
        for process in self.running:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.running:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


@pytest.fixture
def consumers(stack: Stack, tmp_path: Path) -> Iterator[Consumers]:
    running = Consumers(stack, tmp_path)
    yield running
    running.stop()


def test_every_event_becomes_a_fact_or_a_dead_letter(consumers: Consumers) -> None:
    consumers.produce(0, 50, dirt=3)
    process = consumers.start()
    assert wait_until(lambda: consumers.orders() == 50 and consumers.dead() == 3, 60)
    sums = reconcile(consumers.parts(), kafka_ends)
    assert sums.wrong == []
    assert (sums.behind, sums.events) == (0, sums.facts + sums.dead)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


def test_it_adds_up_at_every_moment_while_events_come_in(consumers: Consumers) -> None:
    consumers.start()
    wrong: list[str] = []
    for start in range(0, 400, 20):
        consumers.produce(start, 20, dirt=1)
        wrong += reconcile(consumers.parts(), kafka_ends).wrong
    assert wait_until(lambda: consumers.orders() == 400, 60)
    assert wrong == []


@pytest.mark.parametrize("point", ["after-poll", "in-transaction", "after-commit-before-kafka"])
def test_a_consumer_killed_at_any_point_loses_nothing_and_counts_nothing_twice(
    consumers: Consumers, point: str
) -> None:
    killed = consumers.start(point)
    consumers.produce(0, 40)
    assert killed.wait(60) == -signal.SIGKILL
    consumers.start()
    assert wait_until(lambda: consumers.orders() == 40, 90)
    sums = reconcile(consumers.parts(), kafka_ends)
    assert sums.wrong == []
    assert sums.events == sums.facts + sums.dead


def test_two_consumers_share_the_partitions_and_one_takes_over_when_the_other_dies(
    consumers: Consumers,
) -> None:
    first, second = consumers.start(), consumers.start()
    consumers.produce(0, 30)
    assert wait_until(lambda: consumers.orders() == 30, 60)
    first.kill()
    consumers.produce(30, 30)
    assert wait_until(lambda: consumers.orders() == 60, 90)
    assert second.poll() is None
    assert reconcile(consumers.parts(), kafka_ends).wrong == []


def test_a_consumer_that_goes_round_keeps_its_sign_of_life_young(
    consumers: Consumers, tmp_path: Path
) -> None:
    alive = tmp_path / "alive"
    consumers.start(argv=["--alive", str(alive)])
    assert wait_until(alive.exists, 60)
    seen = alive.stat().st_mtime_ns
    assert wait_until(lambda: alive.stat().st_mtime_ns > seen, 30)


def test_a_consumer_refuses_a_store_without_tables_and_names_the_mend(
    consumers: Consumers, tmp_path: Path
) -> None:
    consumers.settings = replace(consumers.settings, store=f"sqlite:///{tmp_path / 'other.db'}")
    refused = consumers.start()
    assert refused.wait(30) == 2
    assert b"aftercare store upgrade" in (tmp_path / "consumer-0.log").read_bytes()
