"""Deciding about triggers with the facts of this moment, and the extra that goes with it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from aftercare.decision.decide import decide
from aftercare.decision.model import Action, Decision, Moment, Question, Trigger
from aftercare.extras import wallet
from aftercare.extras.size import size
from aftercare.rules.model import Extra
from aftercare.steps.parts import Parts
from aftercare.store import facts


@dataclass(frozen=True)
class Answer:
    """A decision and the extra that was reserved with it."""

    decision: Decision
    extra: wallet.Reserved | None = None


def ask(connection: Connection, parts: Parts, trigger: Trigger, moment: Moment) -> Answer:
    """Decide and, for `send`, reserve the extra, in the caller's transaction. When the wallet is
    empty the budget's `when_empty` decides: send without, hold, or a person."""
    rule = parts.rulebook.rules.get(trigger.rule)
    decision = decide(Question(trigger, rule, moment), parts.policy, parts.clock.now(), parts.zone)
    spec = decision.extra
    if decision.action is not Action.SEND or spec is None:
        return Answer(decision)
    reserved = _reserve(connection, parts, trigger, moment, spec)
    if isinstance(reserved, wallet.Reserved):
        return Answer(decision, reserved)
    return Answer(_without(parts, trigger, decision, spec, reserved.words))


def lock_customer(connection: Connection, customer_id: str) -> None:
    """Nobody else decides about this customer until the transaction ends (caps and limits are
    counted, then written)."""
    facts.lock(connection, [customer_id])


def _reserve(
    connection: Connection,
    parts: Parts,
    trigger: Trigger,
    moment: Moment,
    spec: Extra,
) -> wallet.Reserved | wallet.Refused:
    budget = parts.policy.budgets[spec.budget]
    amount = size(spec, moment.views, parts.zone)
    if amount is None:
        return wallet.Refused("the loss is not known")
    currency = _currency(moment.views)
    if currency not in (None, budget.currency):
        return wallet.Refused(f"budget {spec.budget} is in {budget.currency}, not {currency}")
    return wallet.reserve(
        connection,
        trigger_id=trigger.trigger_id,
        customer_id=trigger.customer_id,
        kind=spec.kind,
        name=spec.budget,
        budget=budget,
        amount=amount,
        now=parts.clock.now(),
        provider=parts.codes,
    )


def _currency(views: Mapping[str, Mapping[str, Any]]) -> str | None:
    return views.get("order", {}).get("currency")


def _without(
    parts: Parts, trigger: Trigger, decision: Decision, spec: Extra, words: str
) -> Decision:
    reason = f"no extra can be given, because {words}"
    then = parts.policy.budgets[spec.budget].when_empty
    if then == "person" or decision.remedy:
        team = parts.policy.apologies.then or parts.policy.open_cases.critical
        return Decision(Action.ESCALATE, (reason,), team=team)
    if then == "hold":
        until = min(parts.clock.now() + timedelta(days=1), trigger.expires_at)
        return Decision(Action.HOLD, (reason,), until=until)
    return replace(decision, reasons=(*decision.reasons, reason), extra=None)
