"""Carrying out every decision but `send`: one table from action to what is done."""

from typing import Any

from sqlalchemy import Connection

from aftercare.decision.model import Action, Decision, Moment, Trigger
from aftercare.extras import wallet
from aftercare.lifecycle import Status
from aftercare.steps.cares import take_care
from aftercare.steps.handoff import hand_off
from aftercare.steps.moves import move
from aftercare.steps.parts import Parts

TARGETS = {
    Action.HOLD: Status.HELD,
    Action.WITHDRAW: Status.WITHDRAWN,
    Action.SUPPRESS: Status.SUPPRESSED,
    Action.ESCALATE: Status.ESCALATED,
    Action.EXPIRE: Status.EXPIRED,
    Action.BUNDLE: Status.BUNDLED,
}


def settle(
    connection: Connection,
    parts: Parts,
    trigger: Trigger,
    moment: Moment,
    decision: Decision,
    *,
    step: str,
) -> str:
    """Move a claimed trigger to what was decided, give back its extra, and tell why.

    Returns the name of the outcome; `lost` when somebody else moved the trigger meanwhile.
    """
    target = TARGETS[decision.action]
    values: dict[str, Any] = {}
    if decision.until is not None:
        values["due_at"] = decision.until
    if decision.answered_by is not None:
        values["follow_up_id"] = decision.answered_by
    words = "; ".join(decision.reasons)
    if decision.until is not None:
        words += f" (until {decision.until:%Y-%m-%d %H:%M} UTC)"
    now = parts.clock.now()
    detail: dict[str, Any] = {"decision": decision.action.value, "reasons": list(decision.reasons)}
    if decision.until is not None:
        detail["until"] = decision.until.isoformat()
    if not move(
        connection, trigger, target, at=now, step=step, words=words, values=values, detail=detail
    ):
        return "lost"
    wallet.release(connection, trigger.trigger_id)
    if decision.answered_by is not None:
        take_care(connection, trigger, decision.answered_by)
    if decision.action is Action.ESCALATE:
        hand_off(connection, parts, trigger, moment, decision)
    return target.value
