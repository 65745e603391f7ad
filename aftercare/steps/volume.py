"""Far more due at once than this kind ever had in a day: somebody imported something by mistake."""

from datetime import timedelta
from statistics import median

from sqlalchemy import Connection, func, select

from aftercare.lifecycle import CLAIMABLE
from aftercare.steps.parts import Parts
from aftercare.store.tables import batches, triggers

_DAYS = 14


def too_many(connection: Connection, kind: str, parts: Parts) -> str | None:
    """Why the kind must stop, or None. Judged against the median of claims a day in the last two
    weeks, and only with at least three days of history."""
    bounds, now = parts.policy.gate, parts.clock.now()
    where = (triggers.c.kind == kind) & (triggers.c.due_at <= now)
    where &= triggers.c.status.in_(sorted(s.value for s in CLAIMABLE))
    due = connection.execute(select(func.count()).select_from(triggers).where(where)).scalar_one()
    if due < bounds.volume_rows:
        return None
    usual = _usual(connection, kind, parts)
    if usual is None or due <= usual * bounds.volume_factor:
        return None
    return f"{due} are due at once, where {usual:.0f} a day were usual in the last {_DAYS} days"


def _usual(connection: Connection, kind: str, parts: Parts) -> float | None:
    since = parts.clock.now() - timedelta(days=_DAYS)
    query = select(batches.c.claimed_at, batches.c.counts)
    query = query.where(batches.c.kind == kind, batches.c.claimed_at > since)
    days: dict[str, int] = {}
    for at, counts in connection.execute(query):
        day = f"{at:%Y-%m-%d}"
        days[day] = days.get(day, 0) + int(counts.get("claimed", 0))
    return median(days.values()) if len(days) >= 3 else None
