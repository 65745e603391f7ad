"""Adding up who speaks for whom: rows that name each other must agree."""

from sqlalchemy import Connection, func, select

from aftercare.lifecycle import SPOKEN, Status
from aftercare.store.tables import cares, follow_ups, handoffs, triggers

_SPOKEN = [status.value for status in SPOKEN]
_MESSAGE = follow_ups.c.follow_up_id
_SAID = select(_MESSAGE).where(follow_ups.c.status.in_(_SPOKEN))
_HANDED = select(handoffs.c.handoff_id)
_OF_ITS_OWN = select(_MESSAGE).where(
    triggers.c.follow_up_id == _MESSAGE, follow_ups.c.status == triggers.c.status
)
_BY = triggers.c.follow_up_id

TIES = (
    (
        "triggers do not stand as their messages do",
        triggers,
        triggers.c.status.in_(_SPOKEN) & ~_OF_ITS_OWN.exists(),
    ),
    (
        "triggers are bundled to what never reached anybody",
        triggers,
        (triggers.c.status == Status.BUNDLED.value) & _BY.not_in(_SAID) & _BY.not_in(_HANDED),
    ),
    (
        "cares are answered by nobody",
        cares,
        cares.c.follow_up_id.not_in(_SAID) & cares.c.follow_up_id.not_in(_HANDED),
    ),
)
"""What must not be: in words, in which table, and how it is found."""


def tie_troubles(connection: Connection) -> list[str]:
    """A line for each kind of tie that is broken."""
    found = []
    for words, table, where in TIES:
        query = select(func.count()).select_from(table).where(where)
        if number := connection.execute(query).scalar_one():
            found.append(f"{number} {words}")
    return found
