"""Triggers of one incident become one message a customer: who leads, and who is bundled."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from aftercare.decision.model import Trigger
from aftercare.lifecycle import Status
from aftercare.steps.moves import to_trigger
from aftercare.store.tables import triggers

_UNSPOKEN = (Status.WAITING, Status.HELD, Status.CLAIMED)


def leads(batch: Sequence[Trigger]) -> list[Trigger]:
    """The triggers that compose a message: all without an incident, and of each (customer,
    incident) the first due."""
    seen: set[tuple[str, str]] = set()
    chosen = []
    for trigger in sorted(batch, key=lambda t: (t.due_at, t.trigger_id)):
        if trigger.incident is not None:
            if (trigger.customer_id, trigger.incident) in seen:
                continue
            seen.add((trigger.customer_id, trigger.incident))
        chosen.append(trigger)
    return chosen


def siblings(connection: Connection, trigger: Trigger) -> list[Trigger]:
    """Other unspoken triggers of the same customer, kind and incident, in the order of their due
    times; none when the trigger has no incident."""
    if trigger.incident is None:
        return []
    query = select(triggers).where(
        triggers.c.customer_id == trigger.customer_id,
        triggers.c.incident == trigger.incident,
        triggers.c.kind == trigger.kind,
        triggers.c.trigger_id != trigger.trigger_id,
        triggers.c.subject_id != trigger.subject_id,
        triggers.c.status.in_([s.value for s in _UNSPOKEN]),
    )
    query = query.order_by(triggers.c.due_at, triggers.c.trigger_id)
    return [to_trigger(row) for row in connection.execute(query).mappings()]
