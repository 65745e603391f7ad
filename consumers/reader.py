"""The Kafka side: a group member that always reads from where the store stands."""

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from kafka import ConsumerRebalanceListener, KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.errors import IllegalStateError, KafkaError, LogTruncationError, OffsetOutOfRangeError
from sqlalchemy import Engine

from aftercare.crashpoints import reach
from aftercare.errors import StreamError
from aftercare.intake import Incoming
from aftercare.intake.revival import consented
from aftercare.settings import Settings
from aftercare.sources.connection import connection_options
from aftercare.store.offsets import Place
from consumers.placing import Known, place
from consumers.slices import Slice
from consumers.topic_ids import BOOTSTRAP_MS, topic_ids

log = logging.getLogger("consumers")

ANSWER_MS = 10_000
"""How long a broker may think about offsets before it counts as away."""

FAREWELL_MS = 3_000
"""How long leaving the group may take."""


class Reader:
    """Polls slices; after every assignment it seeks to the store's offsets."""

    def __init__(self, settings: Settings, topics: Sequence[str], engine: Engine) -> None:
        self._engine, self._options = engine, connection_options(settings)
        self._positions: dict[TopicPartition, int] = {}
        self._fresh: set[TopicPartition] = set()
        self._consumer = KafkaConsumer(
            **self._options,
            bootstrap_timeout_ms=BOOTSTRAP_MS,
            group_id=settings.consumer_group,
            enable_auto_commit=False,
            auto_offset_reset="none",
            # What a producer took back never happened, and nobody is to be apologised to for it.
            isolation_level="read_committed",
            session_timeout_ms=settings.session_timeout_ms,
            heartbeat_interval_ms=settings.session_timeout_ms // 6,
        )
        self._consumer.subscribe(topics=list(topics), listener=_Listener(self))

    def poll(self, timeout_ms: int, most: int) -> list[Slice]:
        """What came, by partition. Raises StreamError when Kafka dropped what was not read."""
        try:
            polled = self._consumer.poll(timeout_ms=timeout_ms, max_records=most)
        except (OffsetOutOfRangeError, LogTruncationError) as error:
            raise StreamError(
                "Kafka has dropped events that were not read yet (retention), or a topic was made "
                "again; look with `aftercare reconcile`, then `aftercare offsets reset TOPIC --yes`"
            ) from error
        mine = sorted(self._positions.copy().items())
        slices = [self._slice(p, begin, polled.get(p, ())) for p, begin in mine]
        self._place()
        if any(s.records for s in slices):
            reach("after-poll")
        return [s for s in slices if s.end > s.begin]

    def _slice(self, partition: TopicPartition, begin: int, rows: Iterable[Any]) -> Slice:
        records = [_incoming(row) for row in rows]
        end = records[-1].offset + 1 if records else begin
        # The client may stand further than the last record: past markers that hold none.
        place = (partition.topic, partition.partition)
        return Slice(place, begin, max(end, self._passed(partition)), records)

    def _passed(self, partition: TopicPartition) -> int:
        try:
            return self._consumer.position(partition, timeout_ms=0) or 0
        except IllegalStateError:  # taken away meanwhile
            return 0

    def _place(self) -> None:
        """Put freshly assigned partitions where the store stands, and let them flow."""
        if fresh := self._fresh.copy():
            self._fresh -= fresh
            self._assign(fresh)
            self._consumer.resume(*(fresh & self._consumer.assignment()))

    def done(self, slices: Iterable[Slice]) -> None:
        """These are in the store. Tell Kafka too, for the eyes of lag tools only."""
        reach("after-commit-before-kafka")
        ends = {TopicPartition(*s.place): s.end for s in slices}
        self._positions |= {p: end for p, end in ends.items() if p in self._positions}
        told = {p: OffsetAndMetadata(end, "", -1) for p, end in ends.items()}
        try:
            self._consumer.commit(told, timeout_ms=ANSWER_MS)
        except KafkaError as error:
            log.debug("offsets not told to Kafka: %s", type(error).__name__)

    @property
    def positions(self) -> dict[Place, int]:
        """Next offsets of the partitions that are ours."""
        return {(p.topic, p.partition): offset for p, offset in self._positions.copy().items()}

    def ends(self) -> dict[Place, int]:
        """End offsets of the partitions that are ours: the broker's answer or, where the last fetch
        knew of more, that (an open transaction lies between the two). Raises KafkaError."""
        told = self._consumer.end_offsets(list(self._positions.copy()), timeout_ms=ANSWER_MS)
        return {(p.topic, p.partition): max(end, self._mark(p)) for p, end in told.items()}

    @property
    def lag(self) -> int:
        """How many offsets wait in our partitions, as far as the last fetch told."""
        mine = self._positions.copy().items()
        return sum(max(0, self._mark(p) - offset) for p, offset in mine)

    def _mark(self, partition: TopicPartition) -> int:
        try:
            return self._consumer.highwater(partition) or 0
        except IllegalStateError:  # taken away meanwhile
            return 0

    def seek_to_store(self) -> None:
        """Begin again from the store's offsets."""
        self._assign(self._positions.copy())

    def _assign(self, mine: Iterable[TopicPartition]) -> None:
        topics = {p.topic for p in mine}
        # All partitions of a topic are made known at once: silence is not believed while one of
        # them was never read, whoever of the group it belongs to.
        every = {
            TopicPartition(topic, number)
            for topic in topics
            for number in self._consumer.partitions_for_topic(topic) or ()
        }
        first = self._consumer.beginning_offsets(sorted(every | set(mine)), timeout_ms=ANSWER_MS)
        ids = topic_ids(self._options, topics)
        known = {(p.topic, p.partition): Known(o, ids.get(p.topic, "")) for p, o in first.items()}
        stands = place(self._engine, known, {(p.topic, p.partition) for p in mine})
        for partition in set(mine) & self._consumer.assignment():
            self._consumer.seek(partition, stands[partition])
            self._positions[partition] = stands[partition]

    def assigned(self, partitions: Iterable[TopicPartition]) -> None:
        """Called on the client's own thread, which must not block: fresh partitions are held, with
        a position so that none is looked for, until the next poll places them."""
        for partition in partitions:
            self._consumer.seek(partition, 0)
            self._consumer.pause(partition)
            self._fresh.add(partition)

    def revoked(self, partitions: Iterable[TopicPartition]) -> None:
        """Called on the client's own thread: these are no longer ours."""
        for partition in partitions:
            self._fresh.discard(partition)
            self._positions.pop(partition, None)

    def close(self) -> None:
        """Leave the group, so that others take over at once."""
        self._consumer.close(timeout_ms=FAREWELL_MS)


def _incoming(record: Any) -> Incoming:
    return Incoming(
        record.topic,
        record.partition,
        record.offset,
        record.key,
        record.value,
        consented(record.headers),
    )


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python has no types
    """Rebalances, passed on to the reader."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self._reader.revoked(revoked)

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self._reader.assigned(assigned)
