"""Who answers for a care, and giving it back when a message did not reach the customer."""

from datetime import datetime

from sqlalchemy import Connection, delete, select

from aftercare.decision.model import Trigger
from aftercare.lifecycle import Status
from aftercare.steps.moves import move, to_trigger
from aftercare.store.tables import cares, triggers
from aftercare.store.upsert import insert_new


def take_care(connection: Connection, trigger: Trigger, identity: str) -> None:
    """Let a message or hand-off answer for a trigger's care; who answers already goes on."""
    care = {"customer_id": trigger.customer_id, "subject_id": trigger.subject_id}
    insert_new(connection, cares, [care | {"cause": trigger.cause, "follow_up_id": identity}])


def give_care_back(connection: Connection, identity: str, now: datetime) -> None:
    """A message did not reach the customer: those that were bundled to it may speak themselves."""
    connection.execute(delete(cares).where(cares.c.follow_up_id == identity))
    query = select(triggers).where(
        triggers.c.follow_up_id == identity, triggers.c.status == Status.BUNDLED.value
    )
    words = f"follow-up {identity} did not reach the customer: it may speak itself"
    values = {"due_at": now, "follow_up_id": None}
    for row in connection.execute(query).mappings().all():
        freed = to_trigger(row)
        move(connection, freed, Status.WAITING, at=now, step="record", words=words, values=values)
