"""Decide: every claimed trigger gets its decision; what is not to be sent is settled here."""

from typing import Any

from aftercare.decision.model import Action, Trigger
from aftercare.lifecycle import Status
from aftercare.steps.ask import ask, lock_customer
from aftercare.steps.model import Batch, Counts
from aftercare.steps.moments import load_moments
from aftercare.steps.moves import holds, of_batch
from aftercare.steps.parts import Parts
from aftercare.steps.settle import settle
from aftercare.store import trace
from aftercare.store.engine import reading, writing


def decide_batch(parts: Parts, batch: Batch) -> Counts:
    """Decide about the batch, one short transaction a trigger. Those to be sent stay claimed, with
    their extra reserved; all others leave with an outcome and its reason."""
    counts: Counts = Counts()
    with reading(parts.engine) as connection:
        triggers = of_batch(connection, batch.batch_id, Status.CLAIMED)
    for trigger in triggers:
        counts[_decide(parts, trigger)] += 1
    return counts


def _decide(parts: Parts, trigger: Trigger) -> str:
    now = parts.clock.now()
    with writing(parts.engine) as connection:
        lock_customer(connection, trigger.customer_id)
        if not holds(connection, trigger):
            return "lost"
        moment = load_moments(connection, [trigger], parts.zone, now)[trigger.trigger_id]
        answer = ask(connection, parts, trigger, moment)
        decision = answer.decision
        if decision.action is not Action.SEND:
            return settle(connection, parts, trigger, moment, decision, step="decide")
        detail: dict[str, Any] = {
            "decision": decision.action.value,
            "reasons": list(decision.reasons),
        }
        detail |= {"template": decision.template, "again": decision.again}
        if answer.extra is not None:
            detail |= {"extra": answer.extra.kind, "amount": str(answer.extra.amount)}
            detail |= {"currency": answer.extra.currency}
        words = "; ".join(decision.reasons)
        note = trace.Note(trigger.trigger_id, now, "decide", Status.CLAIMED, words, detail)
        trace.write(connection, [note])
    return "to send"
