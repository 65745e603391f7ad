"""A customer who asked to be forgotten: free text and composed mails go too."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, null, select, update

from aftercare.facts.model import Customer, Facts
from aftercare.store.tables import complaints, customers, follow_ups, handoffs, orders, tickets

_FREE_TEXT = (
    (complaints, {"comment": None}),
    (tickets, {"comment": None, "reopen_reason": None, "rating_comment": None}),
    (orders, {"damage_note": None}),
)


def erase(connection: Connection, changed: Sequence[Facts], now: datetime) -> None:
    """Clear free text, composed mails and hand-off stories of erased customers among the changed.

    Events from before the erasure that come later are cleared as well, because their customer is
    looked up again. The rows stay: who got what, when, remains answerable by id.
    """
    ids = {f.customer_id for f in changed if isinstance(f, Customer) and f.erased_at}
    others = {f.customer_id for f in changed} - ids
    ids |= _erased(connection, others)
    if not ids:
        return
    for table, cleared in _FREE_TEXT:
        where = table.c.customer_id.in_(ids)
        connection.execute(update(table).where(where).values(cleared))
    settled = follow_ups.c.customer_id.in_(ids) & follow_ups.c.status.in_(
        ("sent", "failed", "dropped")
    )
    connection.execute(update(follow_ups).where(settled).values(message=null()))
    told = {"story": "", "draft": None}
    connection.execute(update(handoffs).where(handoffs.c.customer_id.in_(ids)).values(told))


def _erased(connection: Connection, ids: set[str]) -> set[str]:
    found: set[str] = set()
    ordered = sorted(ids)
    for start in range(0, len(ordered), 500):
        some = customers.c.customer_id.in_(ordered[start : start + 500])
        query = select(customers.c.customer_id).where(some, customers.c.erased_at.is_not(None))
        found |= set(connection.execute(query).scalars())
    return found
