"""Where Kafka's partitions begin and end, so that what was read can be compared with what there is."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from aftercare.events.types import DELIVERIES, TOPICS
from aftercare.sources.connection import PATIENCE_MS, connection_options
from aftercare.steps.parts import Parts
from aftercare.store.offsets import Place

Positions = Mapping[Place, int]
"""The next offset to read of each (topic, partition), as the store knows it."""

Ends = Mapping[Place, tuple[int, int]]
"""(beginning, end) offsets of each (topic, partition), as Kafka tells."""

AskKafka = Callable[[Parts, Positions], Ends | None]


def kafka_ends(parts: Parts, positions: Positions) -> Ends | None:
    """Beginning and end offsets of these partitions, as far as Kafka has them, and of those of our
    topics that nobody has read yet; None when Kafka is away."""
    from kafka import KafkaConsumer, TopicPartition
    from kafka.errors import KafkaError

    try:
        consumer = KafkaConsumer(
            **connection_options(parts.settings),
            auto_offset_reset="none",
            bootstrap_timeout_ms=PATIENCE_MS,
        )
        try:
            topics = {*TOPICS, DELIVERIES, *(topic for topic, _ in positions)}
            there = [TopicPartition(*place) for place in _partitions(consumer, topics)]
            first = consumer.beginning_offsets(there)
            last = _true_ends(consumer, {p: positions.get(tuple(p), first[p]) for p in there})
        finally:
            consumer.close()
    except KafkaError:
        return None
    return {(p.topic, p.partition): (first[p], last[p]) for p in last}


def _partitions(consumer: Any, topics: Collection[str]) -> list[Place]:
    return [(t, p) for t in sorted(topics) for p in sorted(consumer.partitions_for_topic(t) or ())]


def _true_ends(consumer: Any, positions: Mapping[Any, int]) -> dict[Any, int]:
    """End offsets. Some brokers (Tansu) answer less than there is; whether we really are past the
    end, a fetch from our position tells."""
    told: dict[Any, int] = consumer.end_offsets(list(positions))
    return {p: _confirmed(consumer, p, positions[p], end) for p, end in told.items()}


def _confirmed(consumer: Any, partition: Any, position: int, end: int) -> int:
    from kafka.errors import OffsetOutOfRangeError

    if position <= end:
        return end
    consumer.assign([partition])
    consumer.seek(partition, position)
    try:
        consumer.poll(timeout_ms=700)
    except OffsetOutOfRangeError:
        return end
    return max(position, consumer.highwater(partition) or 0)
