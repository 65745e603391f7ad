"""One poll's records in one transaction: facts, triggers, promises, dead letters and offsets."""

from collections.abc import Sequence
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from kafka import TopicPartition
from sqlalchemy import Connection, Engine

from aftercare.clock import Clock
from aftercare.crashpoints import reach
from aftercare.events.types import DELIVERIES
from aftercare.intake import Dead, Incoming, Report, take_in, take_in_deliveries
from aftercare.rules.model import Rulebook
from aftercare.store import dead_letters, offsets
from aftercare.store.engine import writing

Polled = dict[TopicPartition, list[Any]]


class Handler:
    """Writes batches. A batch counts exactly once: the offset moves with it, by compare-and-set
    from where the batch began."""

    def __init__(self, engine: Engine, rulebook: Rulebook, zone: ZoneInfo, clock: Clock) -> None:
        self._engine, self._rulebook, self._zone, self._clock = engine, rulebook, zone, clock

    def handle(self, batch: Polled, moved: "Positions") -> Report:
        """Write everything or nothing. Raises OffsetMoved when somebody else wrote a partition."""
        records = {p: [_incoming(r) for r in rows] for p, rows in batch.items()}
        with writing(self._engine) as connection:
            report = self._take_in(connection, records)
            dead_letters.write(connection, report.dead, self._clock.now())
            for partition, rows in records.items():
                _advance(connection, partition, moved.position(partition), rows, report.dead)
            reach("in-transaction")
        for partition, rows in records.items():
            moved.moved(partition, rows[-1].offset + 1)
        return report

    def _take_in(
        self, connection: Connection, records: dict[TopicPartition, list[Incoming]]
    ) -> Report:
        now = self._clock.now()
        events = [r for p, rows in records.items() if p.topic != DELIVERIES for r in rows]
        deliveries = [r for p, rows in records.items() if p.topic == DELIVERIES for r in rows]
        report = take_in(connection, events, rulebook=self._rulebook, zone=self._zone, now=now)
        told = take_in_deliveries(connection, deliveries, now)
        report.events += told.events
        report.dead += told.dead
        return report


class Positions(Protocol):
    """Where each partition's batch begins, and where it ended."""

    def position(self, partition: TopicPartition) -> int: ...

    def moved(self, partition: TopicPartition, offset: int) -> None: ...


def _incoming(record: Any) -> Incoming:
    return Incoming(record.topic, record.partition, record.offset, record.key, record.value)


def _advance(
    connection: Connection,
    partition: TopicPartition,
    begin: int,
    rows: Sequence[Incoming],
    dead: Sequence[Dead],
) -> None:
    place = (partition.topic, partition.partition)
    bad = sum((d.incoming.topic, d.incoming.partition) == place for d in dead)
    end = rows[-1].offset + 1
    offsets.advance(
        connection,
        place,
        begin=begin,
        end=end,
        events=len(rows) - bad,
        dead=bad,
        skipped=end - begin - len(rows),
    )
