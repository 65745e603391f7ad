"""How hand-offs stand: which are closed, and in numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, select

from aftercare.store.tables import handoffs


@dataclass(frozen=True)
class Standing:
    """`undelivered`: open ones that their team did not get; `trouble`: why the latest of them failed."""

    open: int
    undelivered: int
    overdue: int
    trouble: str | None = None


def standing(connection: Connection, now: datetime) -> Standing:
    """Open hand-offs at care time `now`."""
    is_open = handoffs.c.closed_at.is_(None)
    undelivered = is_open & handoffs.c.delivered_at.is_(None)

    def number(where: object) -> int:
        query = select(func.count()).select_from(handoffs).where(where)  # type: ignore[arg-type]
        return int(connection.execute(query).scalar_one())

    why = select(handoffs.c.trouble).where(undelivered, handoffs.c.trouble.is_not(None))
    return Standing(
        number(is_open),
        number(undelivered),
        number(is_open & (handoffs.c.due_at < now)),
        connection.execute(why.order_by(handoffs.c.attempts.desc()).limit(1)).scalar(),
    )


def closed_lately(connection: Connection, most: int) -> Sequence[RowMapping]:
    """The hand-offs that were closed last, newest first."""
    query = select(handoffs).where(handoffs.c.closed_at.is_not(None))
    query = query.order_by(handoffs.c.closed_at.desc(), handoffs.c.handoff_id).limit(most)
    return connection.execute(query).mappings().all()


def in_words(found: Standing) -> str:
    """One line for `aftercare status`."""
    words = (
        f"hand-offs: {found.open} open, {found.undelivered} undelivered, {found.overdue} overdue"
    )
    return f"{words} ({found.trouble})" if found.trouble else words
