"""When facts change, what waited for them is looked at again: the quarantined and the held."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select, update

from aftercare.facts.model import Complaint, Facts, Ticket
from aftercare.lifecycle import Status
from aftercare.store import trace
from aftercare.store.tables import triggers


def awaken(connection: Connection, changed: Sequence[Facts], now: datetime) -> int:
    """Quarantined triggers of customers whose facts changed are checked again; held ones of
    customers whose cases changed are decided again at once. Returns how many were woken."""
    everyone = {facts.customer_id for facts in changed}
    with_cases = {f.customer_id for f in changed if isinstance(f, Complaint | Ticket)}
    woken = _wake(connection, everyone, Status.QUARANTINED, now, "facts changed: checked again")
    return woken + _wake(connection, with_cases, Status.HELD, now, "a case changed: decided again")


def _wake(
    connection: Connection, customers: set[str], status: Status, now: datetime, words: str
) -> int:
    ids: list[str] = []
    ordered = sorted(customers)
    for start in range(0, len(ordered), 500):
        where = _where(ordered[start : start + 500], status, now)
        ids += connection.execute(select(triggers.c.trigger_id).where(where)).scalars()
    for tid in ids:
        values = {"status": Status.WAITING.value, "status_at": now, "due_at": now, "reason": ""}
        connection.execute(update(triggers).where(triggers.c.trigger_id == tid).values(values))
    trace.write(connection, [trace.Note(t, now, "wake", Status.WAITING, words) for t in ids])
    return len(ids)


def _where(customers: list[str], status: Status, now: datetime) -> ColumnElement[bool]:
    where = triggers.c.customer_id.in_(customers) & (triggers.c.status == status.value)
    return where & (triggers.c.due_at > now) if status is Status.HELD else where
