"""The Kafka side: a group member that always reads from where the store stands."""

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from kafka import ConsumerRebalanceListener, KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.errors import KafkaError, OffsetOutOfRangeError
from sqlalchemy import Engine

from aftercare.crashpoints import reach
from aftercare.errors import StreamError
from aftercare.settings import Settings
from aftercare.sources.connection import connection_options
from aftercare.store import offsets
from aftercare.store.engine import writing

log = logging.getLogger("consumers")

Batch = dict[TopicPartition, list[Any]]


class Reader:
    """Polls records; after every assignment it seeks to the store's offsets."""

    def __init__(self, settings: Settings, topics: Sequence[str], engine: Engine) -> None:
        self._engine = engine
        self._positions: dict[TopicPartition, int] = {}
        self._fresh: set[TopicPartition] = set()
        self._consumer = KafkaConsumer(
            **connection_options(settings),
            group_id=settings.consumer_group,
            enable_auto_commit=False,
            auto_offset_reset="none",
            session_timeout_ms=settings.session_timeout_ms,
            heartbeat_interval_ms=settings.session_timeout_ms // 6,
        )
        self._consumer.subscribe(topics=list(topics), listener=_Listener(self))

    def poll(self, timeout_ms: int, most: int) -> Batch:
        """Records by partition. Raises StreamError when Kafka dropped what was not read."""
        try:
            batch: Batch = self._consumer.poll(timeout_ms=timeout_ms, max_records=most)
        except OffsetOutOfRangeError as error:
            raise StreamError(
                "Kafka has dropped events that were not read yet (retention), or a topic was made "
                "again; look with `aftercare reconcile`, then `aftercare offsets reset TOPIC`"
            ) from error
        self._place()
        batch = {p: rows for p, rows in batch.items() if p in self._positions}
        if batch:
            reach("after-poll")
        return batch

    def _place(self) -> None:
        """Put freshly assigned partitions where the store stands, and let them flow."""
        if fresh := set(self._fresh):
            self._fresh -= fresh
            self._assign(sorted(fresh))
            self._consumer.resume(*fresh)

    def position(self, partition: TopicPartition) -> int:
        """Where our last batch of this partition ended: the begin of the next."""
        return self._positions[partition]

    def moved(self, partition: TopicPartition, offset: int) -> None:
        self._positions[partition] = offset

    @property
    def positions(self) -> dict[TopicPartition, int]:
        """Next offsets of the partitions that are ours."""
        return dict(self._positions)

    def ends(self) -> dict[TopicPartition, int]:
        """End offsets of the partitions that are ours: the broker's answer or, where the last fetch
        knew of more, that (Tansu answers the beginning of the last batch)."""
        told: dict[TopicPartition, int] = self._consumer.end_offsets(list(self._positions))
        return {p: max(end, self._consumer.highwater(p) or 0) for p, end in told.items()}

    @property
    def lag(self) -> int:
        """How many records wait in our partitions, as far as the last fetch told."""
        marks = {p: self._consumer.highwater(p) for p in self._positions}
        return sum(max(0, (marks[p] or 0) - offset) for p, offset in self._positions.items())

    def commit(self) -> None:
        """Tell Kafka where we are, for the eyes of lag tools; the store is the truth."""
        reach("after-commit-before-kafka")
        told = {p: OffsetAndMetadata(o, "", -1) for p, o in self._positions.items()}
        try:
            self._consumer.commit(told)
        except KafkaError as error:
            log.debug("offsets not told to Kafka: %s", type(error).__name__)

    def seek_to_store(self) -> None:
        """Begin again from the store's offsets."""
        self._assign(list(self._positions))

    def assigned(self, partitions: Iterable[TopicPartition]) -> None:
        """Called on the client's own thread, which must not block: fresh partitions are held, with
        a position so that none is looked for, until the next poll places them."""
        for partition in partitions:
            self._consumer.seek(partition, 0)
            self._consumer.pause(partition)
            self._fresh.add(partition)

    def _assign(self, mine: Sequence[TopicPartition]) -> None:
        """Seek each partition to the store's offset; unknown ones begin at their beginning."""
        first = self._consumer.beginning_offsets(list(mine))
        with writing(self._engine) as connection:
            for partition in mine:
                offsets.begin(connection, (partition.topic, partition.partition), first[partition])
            places = [(p.topic, p.partition) for p in mine]
            rows = offsets.positions(connection, places)
        for partition in mine:
            offset = int(rows[partition.topic, partition.partition]["next_offset"])
            _refuse_lost(partition, offset, first[partition])
            self._positions[partition] = offset
            self._consumer.seek(partition, offset)

    def revoked(self, partitions: Iterable[TopicPartition]) -> None:
        for partition in partitions:
            self._fresh.discard(partition)
            self._positions.pop(partition, None)

    def close(self) -> None:
        """Leave the group, so that others take over at once."""
        self._consumer.close()


def _refuse_lost(partition: TopicPartition, offset: int, first: int) -> None:
    if offset < first:
        raise StreamError(
            f"{partition.topic}[{partition.partition}] begins at {first}, but was read up to {offset} "
            f"only: {first - offset} events are lost to retention. If that is accepted: "
            f"aftercare offsets reset {partition.topic} --yes (reading again is safe)"
        )


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python has no types
    """Rebalances, passed on to the reader."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self._reader.revoked(revoked)

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self._reader.assigned(assigned)
