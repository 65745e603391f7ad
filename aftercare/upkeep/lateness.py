"""Nothing can be stuck in silence: what waits for somebody who should have come by now."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, case, func, select

from aftercare.errors import AftercareError
from aftercare.intake.expect import OPEN
from aftercare.lifecycle import CLAIMABLE, Status
from aftercare.steps.parts import Parts
from aftercare.store.engine import reading
from aftercare.store.tables import follow_ups, offsets, promises, switches, triggers


def oldest_due(parts: Parts) -> float:
    """Age of the oldest due trigger in machine seconds, from when it fell due, or was heard of if
    that was later; 0.0 when nothing is due. Kinds that are stopped on purpose do not count."""
    now = parts.clock.now()
    with reading(parts.engine) as connection:
        return _age(parts, _oldest_trigger(connection, now), now)


def watch(parts: Parts) -> float:
    """The age of the oldest due trigger. Raises AftercareError naming everything that has waited for
    longer than `late_limit`."""
    if found := stuck(parts):
        raise AftercareError("; ".join(found))
    return oldest_due(parts)


def stuck(parts: Parts) -> list[str]:
    """A line for each thing that has waited for longer than `late_limit`, with what to look at."""
    with reading(parts.engine) as connection:
        return list(_stuck(connection, parts))


def _stuck(connection: Connection, parts: Parts) -> Iterator[str]:
    now, limit = parts.clock.now(), parts.settings.late_limit
    more = f"more than AFTERCARE_LATE_LIMIT={limit:.0f}"
    if (age := _age(parts, _oldest_trigger(connection, now), now)) > limit:
        yield (
            f"the oldest due trigger has waited {age:.0f} s, {more}: is its DAG paused, are workers "
            "alive, is the pool there? `aftercare status` tells"
        )
    if (age := _age(parts, _oldest_promise(connection, now), now)) > limit:
        yield (
            f"the oldest overdue promise was not judged for {age:.0f} s, {more}: is the DAG promises "
            "paused, do the consumers read? `aftercare offsets list` tells"
        )
    least = connection.execute(select(func.min(offsets.c.read_past))).scalar()
    if (age := _age(parts, least, now)) > limit:
        yield (
            f"consumers have read to the end of every topic {age:.0f} s ago for the last time, {more}: "
            "do they run, do they keep up? `aftercare offsets list` tells"
        )
    if number := _unknown(connection, parts, now):
        yield (
            f"{number} sends are unknown and nothing has settled them: `aftercare unknown list` tells "
            "whom to ask about"
        )


def _age(parts: Parts, since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds() / parts.clock.scale)


def _oldest_trigger(connection: Connection, now: datetime) -> datetime | None:
    halted = select(switches.c.name).where(switches.c.scope == "kind")
    since = _later(triggers.c.due_at, triggers.c.born_at)
    query = select(func.min(since)).where(
        triggers.c.status.in_(sorted(s.value for s in CLAIMABLE)),
        triggers.c.due_at <= now,
        triggers.c.kind.not_in(halted),
    )
    oldest: datetime | None = connection.execute(query).scalar()
    return oldest


def _oldest_promise(connection: Connection, now: datetime) -> datetime | None:
    since = _later(promises.c.by, promises.c.heard_at)
    query = select(func.min(since)).where(promises.c.status == OPEN, promises.c.by <= now)
    oldest: datetime | None = connection.execute(query).scalar()
    return oldest


def _later(one: ColumnElement[datetime], other: ColumnElement[datetime]) -> ColumnElement[datetime]:
    return case((one > other, one), else_=other)


def _unknown(connection: Connection, parts: Parts, now: datetime) -> int:
    # Silence, or somebody, should have settled them by then.
    patience = parts.settings.unknown_after + parts.settings.late_limit * parts.clock.scale
    query = (
        select(func.count())
        .select_from(triggers)
        .join(follow_ups, follow_ups.c.follow_up_id == triggers.c.follow_up_id)
        .where(triggers.c.status == Status.UNKNOWN.value)
        .where(follow_ups.c.attempted_at < now - timedelta(seconds=patience))
    )
    return int(connection.execute(query).scalar_one())
