"""Adding everything up: events = facts + dead letters, triggers = the sum of their outcomes."""

from collections.abc import Iterator
from dataclasses import dataclass, field

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
from aftercare.upkeep.kafka_ends import AskKafka, Ends, Positions, kafka_ends
from aftercare.upkeep.reconcile_ties import tie_troubles
from aftercare.upkeep.reconcile_wallet import wallet_troubles


@dataclass
class Sums:
    """What was added up. `wrong` holds a line for each thing that does not add up; `behind` how
    many events wait in Kafka (being behind is no error), None when Kafka did not tell."""

    events: int = 0
    facts: int = 0
    dead: int = 0
    skipped: int = 0
    triggers: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    behind: int | None = None
    lost: int = 0
    wrong: list[str] = field(default_factory=list)


def reconcile(parts: Parts, ask: AskKafka | None = None) -> Sums:
    """Add up the store as it is at one moment, and compare it with Kafka's offsets when there is one
    to `ask` (`kafka_ends`)."""
    sums = Sums()
    with reading(parts.engine) as connection:
        positions = _partitions(connection, sums)
        _dead_letters(connection, sums)
        _outcomes(connection, sums)
        _messages(connection, sums)
        sums.wrong += tie_troubles(connection)
        _extras(connection, sums)
        sums.wrong += wallet_troubles(connection, parts.clock.now())
    # Kafka is asked afterwards: it only grows, while consumers go on.
    ends = ask(parts, positions) if ask is not None else None
    if ends is not None:
        _against_kafka(sums, positions, ends)
    return sums


def reconcile_or_raise(parts: Parts) -> int:
    """How many triggers were added up. Raises AftercareError naming what does not add up."""
    sums = reconcile(parts, kafka_ends)
    if sums.wrong:
        raise AftercareError("does not add up: " + "; ".join(sums.wrong))
    return sums.triggers


def _partitions(connection: Connection, sums: Sums) -> Positions:
    positions: dict[tuple[str, int], int] = {}
    for row in connection.execute(select(offsets)).mappings():
        read = row["next_offset"] - row["first_offset"]
        counted = row["events"] + row["dead"] + row["skipped"]
        sums.events += read
        sums.facts += row["events"]
        sums.dead += row["dead"]
        sums.skipped += row["skipped"]
        positions[row["topic"], row["partition"]] = row["next_offset"]
        if read != counted:
            place = f"{row['topic']}[{row['partition']}]"
            sums.wrong.append(f"{place}: {read} offsets passed, {counted} accounted for")
    return positions


def _against_kafka(sums: Sums, positions: Positions, ends: Ends) -> None:
    sums.behind = 0
    sums.wrong += _without_partition(positions, ends)
    for (topic, partition), (beginning, end) in ends.items():
        place = f"{topic}[{partition}]"
        # Of a partition that nobody has read, everything waits.
        position = positions.get((topic, partition), beginning)
        sums.behind += max(0, end - position)
        if position > end:
            sums.wrong.append(f"{place}: the store is at {position}, past Kafka's end {end}")
        if position < beginning:
            sums.lost += beginning - position
            sums.wrong.append(
                f"{place}: Kafka dropped {beginning - position} events before they were read"
            )


def _without_partition(positions: Positions, ends: Ends) -> Iterator[str]:
    for topic, partition in sorted(positions.keys() - ends.keys()):
        yield (
            f"{topic}[{partition}]: Kafka has no such partition; is this the right cluster "
            "(AFTERCARE_KAFKA), was the topic deleted? `aftercare offsets reset` if on purpose"
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
    """Every sent trigger has exactly one sent follow-up, every care one speaker, and whoever is
    answered by another really is."""
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
