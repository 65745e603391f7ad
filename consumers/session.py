"""One membership in the consumer group, until told to stop or something breaks."""

import logging
from contextlib import suppress

from kafka.errors import KafkaError

from aftercare.errors import OffsetMoved
from aftercare.sources.connection import connection_options
from aftercare.sources.topics import ensure_topics
from aftercare.store.upgrade import check_schema
from consumers.batch import Handler
from consumers.belief import Belief
from consumers.forward import Forwarder
from consumers.outage import Outage
from consumers.pulse import Pulse
from consumers.reader import Reader
from consumers.topic_ids import BOOTSTRAP_MS
from consumers.work import Work

log = logging.getLogger("consumers")

POLL_MS = 500


class Session:
    """Joins on entering, leaves on leaving."""

    def __init__(self, work: Work) -> None:
        given = work.settings
        check_schema(work.engine)
        options = {**connection_options(given), "bootstrap_timeout_ms": BOOTSTRAP_MS}
        ensure_topics(given.kafka, given.partitions, given.replication, options)
        self._work = work
        self._handler = Handler(work.engine, work.rulebook, work.zone, work.clock)
        self._belief = Belief(work.engine, work.clock, given.listening_grace)
        self._forwarder, self._pulse = Forwarder(given), Pulse(work.alive)
        self._reader = Reader(given, work.topics, work.engine)
        log.info("consuming %s", ", ".join(work.topics))

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        # Leaving is a courtesy; its failures must not hide why the session ended.
        for part in (self._forwarder, self._reader):
            with suppress(KafkaError):
                part.close()

    def run(self, outage: Outage) -> None:
        """Step by step until told to stop; the batch in hand is always finished."""
        while not self._work.stopping.is_set():
            if self._step():
                outage.well()
            outage.standing()

    def _step(self) -> bool:
        """Poll and handle once; whether anything was written."""
        wrote = self._handle()
        self._belief.update(self._reader)
        self._pulse.beat(self._reader.lag)
        return wrote

    def _handle(self) -> bool:
        slices = self._reader.poll(POLL_MS, self._work.settings.batch)
        if not slices:
            return False
        try:
            report = self._handler.handle(slices)
        except OffsetMoved as moved:
            log.warning("%s; reading on from the store's offset", moved)
            self._reader.seek_to_store()
            return False
        self._reader.done(slices)
        self._work.waker.wake(report.born)
        self._pulse.count(report)
        self._forwarder.forward(report.dead)
        self._work.cap.count(report.events, report.dead)
        return True
