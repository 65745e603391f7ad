"""From a name to what it stands for: ids in full, or their beginnings."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from aftercare.errors import UsageError
from aftercare.store.tables import FACT_TABLES, follow_ups, handoffs, triggers
from aftercare.trace.words import listed

_NAMES = (
    ("trigger", triggers.c.trigger_id),
    ("message", follow_ups.c.follow_up_id),
    ("hand-off", handoffs.c.handoff_id),
    ("customer", FACT_TABLES["customer"].c.customer_id),
    ("order", FACT_TABLES["order"].c.order_id),
    ("complaint", FACT_TABLES["complaint"].c.complaint_id),
    ("ticket", FACT_TABLES["ticket"].c.ticket_id),
)
_SHORTEST = 3
_MOST = 5


@dataclass(frozen=True)
class Found:
    """`what` is a trigger, message, hand-off, customer, order, complaint or ticket."""

    what: str
    name: str


def find(connection: Connection, text: str) -> Found:
    """What a name, or the beginning of one, stands for. A provider's message id names its message.

    Raises UsageError with the nearest known names when there is none, or more than one.
    """
    name = text.strip()
    exact = [Found(what, name) for what, column in _NAMES if _there(connection, column, name)]
    if exact:
        return exact[0]
    if (message := _of_provider(connection, name)) is not None:
        return Found("message", message)
    begun = _beginning(connection, name, _MOST + 1) if len(name) >= _SHORTEST else []
    if len(begun) == 1:
        return begun[0]
    raise UsageError(_ambiguous(name, begun) if begun else _unknown(connection, name))


def trigger_ids(connection: Connection, found: Found) -> Sequence[str]:
    """The triggers that a name is about."""
    where = {
        "trigger": triggers.c.trigger_id == found.name,
        "message": triggers.c.trigger_id.in_(
            select(follow_ups.c.trigger_id).where(follow_ups.c.follow_up_id == found.name)
        ),
        "hand-off": triggers.c.trigger_id.in_(
            select(handoffs.c.trigger_id).where(handoffs.c.handoff_id == found.name)
        ),
        "customer": triggers.c.customer_id == found.name,
    }.get(found.what)
    if where is None:
        where = (triggers.c.subject_kind == found.what) & (triggers.c.subject_id == found.name)
    return connection.execute(select(triggers.c.trigger_id).where(where)).scalars().all()


def _there(connection: Connection, column: object, name: str) -> bool:
    query = select(column).where(column == name)  # type: ignore[call-overload]
    return connection.execute(query.limit(1)).first() is not None


def _of_provider(connection: Connection, name: str) -> str | None:
    query = select(follow_ups.c.follow_up_id).where(follow_ups.c.provider_message_id == name)
    return connection.execute(query.limit(1)).scalar()


def _beginning(connection: Connection, text: str, most: int) -> list[Found]:
    found: list[Found] = []
    for what, column in _NAMES:
        query = select(column).where(column.startswith(text, autoescape=True))
        query = query.order_by(column).limit(most - len(found))
        found += [Found(what, name) for name in connection.execute(query).scalars()]
    return found


def _ambiguous(name: str, begun: Sequence[Found]) -> str:
    shown = [f"{one.what} {one.name}" for one in begun[:_MOST]]
    more = [] if len(begun) <= _MOST else ["others"]
    return f"{name} is the beginning of {listed([*shown, *more], 'and')}; write more of the one"


def _unknown(connection: Connection, name: str) -> str:
    if not _heard_of_anybody(connection):
        return (
            "nothing was heard of anybody yet: this store holds no customer; `aftercare settings` "
            "shows which store it is"
        )
    near = difflib.get_close_matches(name, _alike(connection, name), _MOST, 0.7)
    hint = f" Did you mean {listed(near)}?" if near else ""
    return (
        f"nothing is known by the name {name}: no customer, order, complaint, ticket, trigger, "
        f"message or hand-off.{hint} A customer is known from their first event on; "
        "`aftercare status` shows what there is, `aftercare dead-letters list` what could not be "
        "understood"
    )


def _heard_of_anybody(connection: Connection) -> bool:
    query = select(FACT_TABLES["customer"].c.customer_id).limit(1)
    return connection.execute(query).first() is not None


def _alike(connection: Connection, name: str) -> list[str]:
    begun = _beginning(connection, name[:2], 500) if len(name) > 2 else []
    return [one.name for one in begun]
