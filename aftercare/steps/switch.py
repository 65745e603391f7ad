"""The switches: a kind or an incident is stopped, by the gate or by an operator, until resumed."""

from sqlalchemy import Connection, delete, select, update

from aftercare.errors import BatchStopped
from aftercare.lifecycle import Status
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
    that were held for it are decided again at once."""
    where = (switches.c.scope == scope) & (switches.c.name == name)
    held = (triggers.c.incident == name) & (triggers.c.status == Status.HELD.value)
    with writing(parts.engine) as connection:
        done = connection.execute(delete(switches).where(where)).rowcount
        if scope == "incident":
            connection.execute(update(triggers).where(held).values(due_at=parts.clock.now()))
    return bool(done)
