"""Triggers of one incident become one message a customer: who leads, and who is bundled."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from aftercare.decision.decide import decide
from aftercare.decision.model import Action, Moment, Question, Trigger
from aftercare.lifecycle import Status
from aftercare.steps.moments import load_moments
from aftercare.steps.moves import to_trigger
from aftercare.steps.parts import Parts
from aftercare.store.tables import triggers

Sibling = tuple[Trigger, Moment]
"""Another trigger of the incident, with the facts of this moment."""

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


def siblings(connection: Connection, parts: Parts, trigger: Trigger) -> list[Sibling]:
    """Other unspoken triggers of the same customer, kind and incident about which there still is
    something to say, in the order of their due times; none when the trigger has no incident."""
    if trigger.incident is None:
        return []
    query = select(triggers).where(
        triggers.c.customer_id == trigger.customer_id,
        triggers.c.incident == trigger.incident,
        triggers.c.kind == trigger.kind,
        triggers.c.trigger_id != trigger.trigger_id,
        triggers.c.status.in_([s.value for s in _UNSPOKEN]),
    )
    query = query.order_by(triggers.c.due_at, triggers.c.trigger_id)
    others = [to_trigger(row) for row in connection.execute(query).mappings()]
    moments = load_moments(connection, others, parts.zone, parts.clock.now())
    found = [(other, moments[other.trigger_id]) for other in others]
    return [(other, moment) for other, moment in found if _to_say(parts, other, moment)]


def _to_say(parts: Parts, trigger: Trigger, moment: Moment) -> bool:
    """What is no longer true, too late or for a person by its rule goes its own way. What is only
    held, or past the ledger, is answered by the message that leaves anyway."""
    rule = parts.rulebook.rules.get(trigger.rule)
    question = Question(trigger, rule, moment)
    decision = decide(question, parts.policy, parts.clock.now(), parts.zone)
    if rule is not None and rule.escalate is not None:
        return False
    return decision.action in (Action.SEND, Action.HOLD, Action.ESCALATE)


def ids(found: Iterable[Sibling]) -> list[str]:
    """The trigger ids, in order."""
    return [trigger.trigger_id for trigger, _ in found]


def told_apart(trigger: Trigger, found: Iterable[Sibling]) -> tuple[Moment, ...]:
    """The moments of what else the message speaks of: each subject once, not its own again."""
    seen = {(trigger.subject_kind, trigger.subject_id)}
    chosen = []
    for other, moment in found:
        subject = (other.subject_kind, other.subject_id)
        if subject not in seen:
            seen.add(subject)
            chosen.append(moment)
    return tuple(chosen)
