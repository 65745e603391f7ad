"""The switches: a kind or an incident is stopped, by the gate or by an operator, until resumed.

An incident is named by its key (what a rule's `incident` gives) or by a cause that rules share.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, delete, func, select

from aftercare.decision.model import Trigger
from aftercare.errors import BatchStopped
from aftercare.lifecycle import CLAIMABLE, Status
from aftercare.steps.moves import move, to_trigger
from aftercare.steps.parts import Parts
from aftercare.store.engine import writing
from aftercare.store.tables import switches, triggers
from aftercare.store.upsert import insert_new


def stopped(connection: Connection, scope: str, name: str) -> str | None:
    """Why a kind or incident is stopped; None while it runs."""
    query = select(switches.c.reason).where(switches.c.scope == scope, switches.c.name == name)
    return connection.execute(query).scalar()


def stop(parts: Parts, scope: str, name: str, reason: str, *, loud: bool = False) -> None:
    """Stop a kind or incident. With `loud`, raises BatchStopped with the reason and the mend: once,
    because a stopped kind claims nothing any more."""
    row = {"scope": scope, "name": name, "reason": reason, "since": parts.clock.now()}
    with writing(parts.engine) as connection:
        insert_new(connection, switches, [row])
    if loud:
        raise BatchStopped(
            f"{name} is stopped: {reason}. Look, mend, then: aftercare resume {name}"
        )


def resume(parts: Parts, scope: str, name: str) -> bool:
    """Let a kind or incident run again; False when it was not stopped. Triggers of an incident
    that were held are decided again at once."""
    where = (switches.c.scope == scope) & (switches.c.name == name)
    with writing(parts.engine) as connection:
        done = connection.execute(delete(switches).where(where)).rowcount
        if scope == "incident" and done:
            for trigger in _held(connection, name):
                _decide_again(connection, parts, trigger)
    return bool(done)


def unspoken(connection: Connection, name: str) -> int:
    """How many triggers of an incident or cause nobody has decided for good."""
    open_still = triggers.c.status.in_([s.value for s in CLAIMABLE | {Status.CLAIMED}])
    query = select(func.count()).select_from(triggers).where(_about(name), open_still)
    return int(connection.execute(query).scalar_one())


def _about(name: str) -> ColumnElement[bool]:
    return (triggers.c.incident == name) | (triggers.c.cause == name)


def _held(connection: Connection, name: str) -> Sequence[Trigger]:
    query = select(triggers).where(_about(name), triggers.c.status == Status.HELD.value)
    rows = connection.execute(query.order_by(triggers.c.trigger_id)).mappings().all()
    return [to_trigger(row) for row in rows]


def _decide_again(connection: Connection, parts: Parts, trigger: Trigger) -> None:
    now = parts.clock.now()
    words, values = "its incident runs again: decided again", {"due_at": now}
    move(connection, trigger, Status.WAITING, at=now, step="operator", words=words, values=values)
