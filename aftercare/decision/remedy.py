"""What goes with a message: the rule's own extra, or for apologies the one of their incident."""

from aftercare.decision.model import Question
from aftercare.decision.policy import Policy
from aftercare.lifecycle import Kind
from aftercare.rules.model import Extra


def remedy(question: Question, policy: Policy) -> Extra | None:
    """The extra to give, sized later. In one incident everybody gets the same."""
    shared, trigger = policy.incidents.extra, question.trigger
    if shared is not None and trigger.incident is not None and trigger.kind == Kind.APOLOGY:
        return Extra(kind=shared.kind, budget=shared.budget, fixed=shared.fixed)
    return question.rule.extra if question.rule else None
