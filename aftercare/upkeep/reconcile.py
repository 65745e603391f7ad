"""Adding everything up: events = facts + dead letters, triggers = the sum of their outcomes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select

from aftercare.errors import AftercareError
from aftercare.lifecycle import Status
from aftercare.steps.parts import Parts
from aftercare.store.engine import reading
from aftercare.store.tables import (
    cares,
    dead_letters,
    extras,
    follow_ups,
    offsets,
    trace,
    triggers,
)

End = Mapping[tuple[str, int], tuple[int, int]]
"""(beginning, end) offsets of each (topic, partition), as Kafka tells."""


@dataclass
class Sums:
    """What was added up. `wrong` holds a line for each thing that does not add up; `behind` how
    many events wait in Kafka (being behind is no error)."""

    events: int = 0
    facts: int = 0
    dead: int = 0
    skipped: int = 0
    triggers: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    behind: int = 0
    lost: int = 0
    wrong: list[str] = field(default_factory=list)


def reconcile(parts: Parts, ends: End | None = None) -> Sums:
    """Add up the store, and compare it with Kafka's offsets when `ends` is given."""
    sums = Sums()
    with reading(parts.engine) as connection:
        _partitions(connection, sums, ends)
        _dead_letters(connection, sums)
        _outcomes(connection, sums)
        _messages(connection, sums)
        _extras(connection, sums)
    return sums


def reconcile_or_raise(parts: Parts) -> int:
    """How many triggers were added up. Raises AftercareError naming what does not add up."""
    sums = reconcile(parts, kafka_ends(parts))
    if sums.wrong:
        raise AftercareError("does not add up: " + "; ".join(sums.wrong))
    return sums.triggers


def _partitions(connection: Connection, sums: Sums, ends: End | None) -> None:
    for row in connection.execute(select(offsets)).mappings():
        place = f"{row['topic']}[{row['partition']}]"
        read = row["next_offset"] - row["first_offset"]
        counted = row["events"] + row["dead"] + row["skipped"]
        sums.events += read
        sums.facts += row["events"]
        sums.dead += row["dead"]
        sums.skipped += row["skipped"]
        if read != counted:
            sums.wrong.append(f"{place}: {read} offsets passed, {counted} accounted for")
        if ends is not None and (key := (row["topic"], row["partition"])) in ends:
            _against_kafka(sums, place, row["next_offset"], *ends[key])


def _against_kafka(sums: Sums, place: str, position: int, beginning: int, end: int) -> None:
    sums.behind += max(0, end - position)
    if position > end:
        sums.wrong.append(f"{place}: the store is at {position}, past Kafka's end {end}")
    if position < beginning:
        sums.lost += beginning - position
        sums.wrong.append(
            f"{place}: Kafka dropped {beginning - position} events before they were read"
        )


def _dead_letters(connection: Connection, sums: Sums) -> None:
    rows = int(connection.execute(select(func.count()).select_from(dead_letters)).scalar_one())
    if rows != sums.dead:
        sums.wrong.append(f"{sums.dead} dead letters were counted, {rows} are kept")


def _outcomes(connection: Connection, sums: Sums) -> None:
    query = select(triggers.c.status, func.count()).group_by(triggers.c.status)
    sums.outcomes = {str(s): int(n) for s, n in connection.execute(query)}
    sums.triggers = int(connection.execute(select(func.count()).select_from(triggers)).scalar_one())
    if unknown := set(sums.outcomes) - {s.value for s in Status}:
        sums.wrong.append(f"outcomes that nobody knows: {', '.join(sorted(unknown))}")
    silent = (
        select(func.count())
        .select_from(triggers)
        .where(triggers.c.trigger_id.not_in(select(trace.c.trigger_id)))
    )
    if number := connection.execute(silent).scalar_one():
        sums.wrong.append(f"{number} triggers have no trace")


def _messages(connection: Connection, sums: Sums) -> None:
    """Every sent trigger has exactly one sent follow-up, and every care one speaker."""
    sent = sums.outcomes.get(Status.SENT.value, 0)
    query = select(func.count()).select_from(follow_ups).where(follow_ups.c.status == "sent")
    messages = int(connection.execute(query).scalar_one())
    if sent != messages:
        sums.wrong.append(f"{sent} triggers are sent, {messages} follow-ups are")
    spoken = ("sending", "sent", "unknown")
    doubled = (
        select(func.count())
        .select_from(follow_ups)
        .where(follow_ups.c.status.in_(spoken))
        .group_by(follow_ups.c.customer_id, follow_ups.c.subject_id, follow_ups.c.cause)
        .having(func.count() > 1)
    )
    if number := len(connection.execute(doubled).all()):
        sums.wrong.append(f"{number} cares have more than one message")
    unspoken = (
        select(func.count())
        .select_from(follow_ups)
        .where(
            follow_ups.c.status.in_(spoken),
            follow_ups.c.follow_up_id.not_in(select(cares.c.follow_up_id)),
        )
    )
    if number := connection.execute(unspoken).scalar_one():
        sums.wrong.append(f"{number} messages hold no care")


def _extras(connection: Connection, sums: Sums) -> None:
    """An extra is spent exactly when its trigger is sent."""
    joined = extras.join(triggers, triggers.c.trigger_id == extras.c.trigger_id)
    wrong = (extras.c.status == "spent") != (triggers.c.status == Status.SENT.value)
    query = select(func.count()).select_from(joined).where(wrong)
    if number := connection.execute(query).scalar_one():
        sums.wrong.append(f"{number} extras do not match their messages")


def kafka_ends(parts: Parts) -> End | None:
    """Beginning and end offsets of all our topics; None when Kafka is away."""
    from kafka import KafkaConsumer, TopicPartition
    from kafka.errors import KafkaError

    from aftercare.sources.connection import PATIENCE_MS, connection_options

    with reading(parts.engine) as connection:
        rows = connection.execute(select(offsets)).mappings().all()
    positions = {TopicPartition(r["topic"], r["partition"]): r["next_offset"] for r in rows}
    if not positions:
        return {}
    try:
        consumer = KafkaConsumer(
            **connection_options(parts.settings),
            auto_offset_reset="none",
            bootstrap_timeout_ms=PATIENCE_MS,
        )
        try:
            first = consumer.beginning_offsets(list(positions))
            last = _true_ends(consumer, positions)
        finally:
            consumer.close()
    except KafkaError:
        return None
    return {(t.topic, t.partition): (first[t], last[t]) for t in positions}


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
