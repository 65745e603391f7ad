"""What belongs to one incident: which words, and who answered for it already."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from aftercare.decision.model import Decision, Trigger
from aftercare.lifecycle import SPOKEN, Kind
from aftercare.steps.parts import Parts
from aftercare.store.tables import follow_ups, triggers

_AT = func.coalesce(follow_ups.c.accepted_at, follow_ups.c.attempted_at)
_SAID = (
    select(
        follow_ups.c.customer_id,
        follow_ups.c.follow_up_id,
        follow_ups.c.kind,
        triggers.c.incident,
        _AT.label("at"),
    )
    .join(triggers, triggers.c.trigger_id == follow_ups.c.trigger_id)
    .where(follow_ups.c.status.in_([s.value for s in SPOKEN]), triggers.c.incident.is_not(None))
)

Said = Mapping[tuple[str, str, str], tuple[str, datetime]]
"""The newest message by (customer, incident, kind), and when it left."""


def template(parts: Parts, trigger: Trigger, decision: Decision, *, several: bool) -> str | None:
    """The incident's own words for several apologies; one alone is told as its rule says, and other
    kinds as the first of them says."""
    shared = several and trigger.kind == Kind.APOLOGY
    return parts.policy.incidents.template if shared else decision.template


def said(connection: Connection, asked: Sequence[Trigger]) -> Said:
    """Messages about the incidents of these triggers."""
    names = sorted({t.incident for t in asked if t.incident is not None})
    customers = sorted({t.customer_id for t in asked if t.incident is not None})
    found: dict[tuple[str, str, str], tuple[str, datetime]] = {}
    for start in range(0, len(customers), 500):
        some = follow_ups.c.customer_id.in_(customers[start : start + 500])
        for row in connection.execute(_SAID.where(some).order_by(_AT)):
            if row.incident in names:
                found[row.customer_id, row.incident, row.kind] = (row.follow_up_id, row.at)
    return found


def answered_by(trigger: Trigger, messages: Said) -> str | None:
    """The message that answers for all of an incident that had happened when it left. What happens
    later in the same incident is a trouble of its own."""
    message = messages.get((trigger.customer_id, trigger.incident or "", trigger.kind))
    if message is None or trigger.happened_at > message[1]:
        return None
    return None if message[0] == trigger.follow_up_id else message[0]
