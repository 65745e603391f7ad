"""To a person: a row with the customer's story, a draft and a due time."""

from datetime import timedelta

from sqlalchemy import Connection

from aftercare.decision.model import Decision, Moment, Trigger
from aftercare.errors import AftercareError
from aftercare.handoffs.closing import settle
from aftercare.ids import handoff_id
from aftercare.steps.cares import take_care
from aftercare.steps.context import context, language_of
from aftercare.steps.parts import Parts
from aftercare.store.tables import handoffs
from aftercare.store.upsert import insert_new
from aftercare.trace.story import story

_DEFAULT_DUE = timedelta(hours=4)


def hand_off(
    connection: Connection, parts: Parts, trigger: Trigger, moment: Moment, decision: Decision
) -> str:
    """Open a hand-off, once a trigger, and let it answer for the trigger's care: nobody gets a
    template about what a person looks after. Returns the hand-off's id.

    When what closes it came first, it is closed at once and its team is not called."""
    team = decision.team or ""
    known = parts.policy.teams.get(team)
    now, identity = parts.clock.now(), handoff_id(trigger.trigger_id)
    row = {
        "handoff_id": identity,
        "trigger_id": trigger.trigger_id,
        "customer_id": trigger.customer_id,
        "team": team,
        "reason": "; ".join(decision.reasons),
        "story": story(trigger, moment, parts.zone),
        "draft": _draft(parts, trigger, moment),
        "opened_at": now,
        "due_at": now + (known.due if known else _DEFAULT_DUE),
    }
    insert_new(connection, handoffs, [row])
    take_care(connection, trigger, identity)
    # What closes it may have been heard of before.
    settle(connection, [identity], now)
    return identity


def _draft(parts: Parts, trigger: Trigger, moment: Moment) -> str | None:
    """What the template, or the one that the rule names as `draft`, would have said, for the agent to
    make their own; None when it cannot."""
    rule = parts.rulebook.rules.get(trigger.rule)
    template = trigger.template or (rule.draft if rule is not None else None)
    if template is None or template not in parts.library.templates:
        return None
    try:
        today = parts.clock.now().astimezone(parts.zone).date()
        words = context(moment, extra=None, again=False, others=(), today=today)
        return parts.library.render(template, language_of(moment), words).text
    except AftercareError:
        return None
