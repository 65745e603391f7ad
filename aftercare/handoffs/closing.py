"""When a hand-off is done: because somebody said so, or because its case was resolved.

Somebody: the event `handoff.closed` or `aftercare handoffs close`. What they said is kept, whether
the hand-off is known yet or not: topics are not ordered among each other, and a store that is made
again from Kafka reads of the closing before it decides to hand off. Of several closings the earliest
counts.

The case: when the complaint or ticket that the trigger is about is resolved later than the trigger
happened, a person has done what the hand-off asks for; making them say it twice would only leave
overdue rows that nobody believes. If the case is opened again, so is the hand-off, unless somebody
had closed it. A hand-off that a resolution itself called for is not closed by that resolution, and
one about an order not by any: the money or the parcel is still to be looked after.

All this follows from what is stored, never from the order in which it came.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, select, update

from aftercare.facts.model import KINDS, Complaint, Facts, Ticket
from aftercare.lifecycle import Status
from aftercare.store import facts as store
from aftercare.store import trace
from aftercare.store.slices import slices
from aftercare.store.tables import handoff_closings, handoffs, triggers
from aftercare.store.upsert import upsert

_RESOLVED = {"complaint": "complaint.resolved", "ticket": "support.resolved"}


@dataclass(frozen=True)
class Closing:
    """What somebody said: this hand-off of this customer is done. `event_id` is empty when it was
    said at the command line."""

    handoff_id: str
    customer_id: str
    closed_at: datetime
    closed_by: str
    event_id: str = ""


Key = tuple[str, str]
"""(hand-off, customer): a closing that names another's hand-off closes nothing."""


def say_closed(connection: Connection, closings: Iterable[Closing]) -> None:
    """Keep what was said; the earliest closing of a hand-off stays, however often it comes."""
    earliest: dict[Key, Closing] = {}
    for closing in sorted(closings, key=_order):
        earliest.setdefault((closing.handoff_id, closing.customer_id), closing)
    known = _said(connection, {handoff for handoff, _ in earliest})
    news = [c for key, c in earliest.items() if key not in known or _order(c) < _order(known[key])]
    upsert(connection, handoff_closings, [vars(closing) for closing in news])


def of_cases(connection: Connection, changed: Sequence[Facts]) -> set[str]:
    """Ids of the hand-offs about complaints and tickets that are, or once were, resolved."""
    found: set[str] = set()
    for kind in _RESOLVED:
        cases = (f for f in changed if f.kind == kind and isinstance(f, Complaint | Ticket))
        for some in slices({case.id for case in cases if case.resolved_at is not None}):
            mine = (triggers.c.subject_kind == kind) & triggers.c.subject_id.in_(some)
            found |= set(connection.execute(_joined(handoffs.c.handoff_id).where(mine)).scalars())
    return found


def still_open(connection: Connection) -> set[str]:
    """Ids of the hand-offs that nobody closed."""
    query = select(handoffs.c.handoff_id).where(handoffs.c.closed_at.is_(None))
    return set(connection.execute(query).scalars())


def settle(connection: Connection, ids: Collection[str], now: datetime) -> None:
    """Close, or open again, what these hand-offs' closings and cases call for, and tell the trace."""
    said = _said(connection, ids)
    for some in slices(ids):
        query = _joined(handoffs, *_OF_TRIGGER).where(handoffs.c.handoff_id.in_(some))
        rows = connection.execute(query).mappings().all()
        cases = _cases(connection, rows)
        for row in rows:
            closing = said.get((row["handoff_id"], row["customer_id"])) or _by_case(row, cases)
            _move(connection, row, closing, now)


_OF_TRIGGER = (triggers.c.subject_kind, triggers.c.subject_id, triggers.c.happened_at)


def _joined(*columns: object):  # type: ignore[no-untyped-def]
    return select(*columns).join(triggers, triggers.c.trigger_id == handoffs.c.trigger_id)  # type: ignore[call-overload]


def _by_case(row: RowMapping, cases: dict[Key, Complaint | Ticket]) -> Closing | None:
    case = cases.get((row["subject_kind"], row["subject_id"]))
    if case is None or case.status != "resolved" or case.resolved_at is None:
        return None
    if case.resolved_at <= row["happened_at"]:
        return None
    by = _RESOLVED[row["subject_kind"]]
    return Closing(row["handoff_id"], row["customer_id"], case.resolved_at, by)


def _move(connection: Connection, row: RowMapping, closing: Closing | None, now: datetime) -> None:
    closed_at, closed_by = (closing.closed_at, closing.closed_by) if closing else (None, None)
    if (closed_at, closed_by) == (row["closed_at"], row["closed_by"]):
        return
    mine = handoffs.c.handoff_id == row["handoff_id"]
    values = {"closed_at": closed_at, "closed_by": closed_by}
    connection.execute(update(handoffs).where(mine).values(values))
    words, detail = _told(row, closing), {"handoff_id": row["handoff_id"]}
    note = trace.Note(row["trigger_id"], now, "hand-off", Status.ESCALATED, words, detail)
    trace.write(connection, [note])


def _told(row: RowMapping, closing: Closing | None) -> str:
    # Names of persons stay out of the trace; the row of the hand-off says who.
    if closing is None:
        return "the hand-off is open again, because its case was opened again"
    if closing.event_id:
        return f"the hand-off was closed by handoff.closed (event {closing.event_id})"
    if closing.closed_by == _RESOLVED.get(row["subject_kind"]):
        case = f"{row['subject_kind']} {row['subject_id']}"
        return f"the hand-off was closed, because its case, {case}, was resolved"
    return "the hand-off was closed at the command line"


def _said(connection: Connection, ids: Collection[str]) -> dict[Key, Closing]:
    found: dict[Key, Closing] = {}
    for some in slices(ids):
        query = select(handoff_closings).where(handoff_closings.c.handoff_id.in_(some))
        closings = (Closing(**row) for row in connection.execute(query).mappings())
        found |= {(c.handoff_id, c.customer_id): c for c in closings}
    return found


def _cases(connection: Connection, rows: Sequence[RowMapping]) -> dict[Key, Complaint | Ticket]:
    found: dict[Key, Complaint | Ticket] = {}
    for kind in _RESOLVED:
        ids = {row["subject_id"] for row in rows if row["subject_kind"] == kind}
        loaded = store.load(connection, KINDS[kind], ids)
        found |= {(kind, i): f for i, f in loaded.items() if isinstance(f, Complaint | Ticket)}
    return found


def _order(closing: Closing) -> tuple[datetime, str]:
    return closing.closed_at, closing.event_id
