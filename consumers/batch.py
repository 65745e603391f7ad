"""One poll's records in one transaction: facts, triggers, promises, dead letters and offsets."""

import logging
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine

from aftercare.clock import Clock
from aftercare.crashpoints import reach
from aftercare.events.types import DELIVERIES
from aftercare.intake import Dead, Report, take_in, take_in_deliveries
from aftercare.intake.deliveries import customers_told_of
from aftercare.rules.model import Rulebook
from aftercare.store import dead_letters, offsets
from aftercare.store.engine import writing
from consumers.poison import poisonous, refused
from consumers.slices import Slice

log = logging.getLogger("consumers")


class Handler:
    """Writes batches. A batch counts exactly once: the offset moves with it, by compare-and-set
    from where the batch began."""

    def __init__(self, engine: Engine, rulebook: Rulebook, zone: ZoneInfo, clock: Clock) -> None:
        self._engine, self._rulebook, self._zone, self._clock = engine, rulebook, zone, clock

    def handle(self, slices: Sequence[Slice]) -> Report:
        """Write everything or nothing; when a record is to blame, write record by record and keep
        that one as a dead letter. Raises OffsetMoved when somebody else wrote a partition."""
        try:
            return self._write(slices)
        except Exception as error:
            if not poisonous(error):
                raise
            number, name = sum(len(s.records) for s in slices), type(error).__name__
            log.warning("a batch of %d records was refused (%s): one by one", number, name)
        return self._one_by_one(slices)

    def _one_by_one(self, slices: Sequence[Slice]) -> Report:
        whole = Report()
        for single in (single for each in slices for single in each.one_by_one()):
            try:
                add(whole, self._write([single]))
            except Exception as error:
                if not poisonous(error):
                    raise
                add(whole, self._write([single], [refused(r, error) for r in single.records]))
        return whole

    def _write(self, slices: Sequence[Slice], dead: Sequence[Dead] | None = None) -> Report:
        """One transaction. `dead`: take nothing in, only keep these."""
        with writing(self._engine) as connection:
            report = self._take_in(connection, slices) if dead is None else Report(dead=[*dead])
            dead_letters.write(connection, report.dead, self._clock.now())
            for each in slices:
                _advance(connection, each, report.dead)
            reach("in-transaction")
        return report

    def _take_in(self, connection: Connection, slices: Sequence[Slice]) -> Report:
        now = self._clock.now()
        records = [record for each in slices for record in each.records]
        events = [r for r in records if r.topic != DELIVERIES]
        deliveries = [r for r in records if r.topic == DELIVERIES]
        report = take_in(
            connection,
            events,
            rulebook=self._rulebook,
            zone=self._zone,
            now=now,
            along=customers_told_of(connection, deliveries),
        )
        add(report, take_in_deliveries(connection, deliveries, now))
        return report


def add(whole: Report, part: Report) -> None:
    """Add a report to another."""
    whole.events += part.events
    whole.dead += part.dead
    for mine, more in ((whole.born, part.born), (whole.expired, part.expired)):
        for kind, number in more.items():
            mine[kind] = mine.get(kind, 0) + number


def _advance(connection: Connection, each: Slice, dead: Sequence[Dead]) -> None:
    bad = sum((d.incoming.topic, d.incoming.partition) == each.place for d in dead)
    offsets.advance(
        connection,
        each.place,
        begin=each.begin,
        end=each.end,
        events=len(each.records) - bad,
        dead=bad,
        skipped=each.skipped,
    )
