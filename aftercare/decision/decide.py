"""The decision: trigger, facts of this moment, policy and clock in; an action with reasons out.

A table of questions, asked in order; the first that answers decides. Each is a pure function of
(question, policy, now, shop zone) that returns a Decision or None ("nothing against it").
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from aftercare.decision import frequency, quiet
from aftercare.decision.gone import gone_words
from aftercare.decision.model import Action, Decision, Question, Spoken
from aftercare.decision.policy import Policy
from aftercare.decision.remedy import remedy
from aftercare.decision.truth import Truth, truth
from aftercare.lifecycle import PLURAL, Kind

_SUPPRESSED = {
    "bounce": "mail to the customer's address bounced",
    "spamreport": "the customer reported a mail of ours as spam",
    "unsubscribe": "the customer unsubscribed",
    "group_unsubscribe": "the customer unsubscribed",
}
"""What the provider told, in words."""

Asked = Callable[[Question, Policy, datetime, ZoneInfo], Decision | None]


def decide(question: Question, policy: Policy, now: datetime, shop: ZoneInfo) -> Decision:
    """Decide about one trigger. `now` is the care time (aware), `shop` the shop's zone."""
    for ask in QUESTIONS:
        if (decision := ask(question, policy, now, shop)) is not None:
            return decision
    return _send(question, policy, now, shop)


def _known(q: Question, _p: Policy, _now: datetime, _z: ZoneInfo) -> Decision | None:
    if q.rule is None:
        return _stop(Action.WITHDRAW, f"there is no rule {q.trigger.rule} any more")
    if q.moment.views.get("customer", {}).get("erased_at"):
        return _stop(Action.WITHDRAW, "the customer asked to be forgotten")
    return None


def _answered(q: Question, _p: Policy, _now: datetime, _z: ZoneInfo) -> Decision | None:
    if q.moment.answered_by is None:
        return None
    words = f"the same trouble was answered already (by {q.moment.answered_by})"
    return Decision(Action.BUNDLE, (words,), answered_by=q.moment.answered_by)


def _expired(q: Question, _p: Policy, now: datetime, _z: ZoneInfo) -> Decision | None:
    if now < q.trigger.expires_at:
        return None
    held = f"; before that: {q.trigger.reason}" if q.trigger.reason else ""
    return _stop(
        Action.EXPIRE, f"too late (it expired {q.trigger.expires_at:%Y-%m-%d %H:%M} UTC){held}"
    )


def _true(q: Question, _p: Policy, now: datetime, shop: ZoneInfo) -> Decision | None:
    if truth(q, shop) is not Truth.GONE:
        return None
    return _stop(Action.WITHDRAW, gone_words(q, shop))


def _person(q: Question, _p: Policy, _now: datetime, _z: ZoneInfo) -> Decision | None:
    if q.rule is None or q.rule.escalate is None:
        return None
    words = f"rule {q.rule.name} calls for a person"
    return Decision(Action.ESCALATE, (words,), team=q.rule.escalate)


def _consent(q: Question, policy: Policy, _now: datetime, _z: ZoneInfo) -> Decision | None:
    customer, kind = q.moment.views.get("customer", {}), q.trigger.kind
    if customer.get("suppressed_at"):
        told = str(customer.get("suppressed_reason"))
        return _stop(Action.SUPPRESS, _SUPPRESSED.get(told, f"the address is suppressed: {told}"))
    wanted = policy.consent.get(Kind(kind), "unless_refused")
    given = customer.get(f"consent_{kind}")
    if wanted == "always" or given is True or (given is None and wanted == "unless_refused"):
        return None
    answer = "does not want" if given is False else "never agreed to"
    return _stop(Action.SUPPRESS, f"the customer {answer} {PLURAL[Kind(kind)]}")


def _incident(q: Question, _p: Policy, _now: datetime, _z: ZoneInfo) -> Decision | None:
    if q.moment.stopped is None:
        return None
    return _hold(q, q.trigger.expires_at, q.moment.stopped)


def _open_case(q: Question, policy: Policy, _now: datetime, _z: ZoneInfo) -> Decision | None:
    others = [c for c in q.moment.open_cases if c.case_id != q.trigger.subject_id]
    if others and Kind(q.trigger.kind) in policy.open_cases.hold:
        first = others[0]
        words = f"a {first.kind} of the customer is open ({first.kind} {first.case_id})"
        return _hold(q, q.trigger.expires_at, words)
    team = policy.open_cases.critical
    critical = [c for c in others if c.severity == "critical"]
    if critical and team and q.trigger.kind == Kind.APOLOGY:
        case = critical[0]
        words = f"a critical {case.kind} of the customer is open ({case.kind} {case.case_id})"
        return Decision(Action.ESCALATE, (words,), team=team)
    return None


def _ledger(q: Question, policy: Policy, now: datetime, _z: ZoneInfo) -> Decision | None:
    if not _in_ledger(q):
        return None
    before = apologies(q.moment.spoken, policy, now)
    team = policy.apologies.then
    if len(before) >= policy.apologies.most and team:
        days = policy.apologies.window.days
        words = f"the customer got {len(before)} apologies within {days} days already"
        return Decision(Action.ESCALATE, (words,), team=team)
    rule = q.rule
    if before and team and rule and rule.again is None and remedy(q, policy) is None:
        words = "a second apology would have neither words that own the repetition nor a remedy"
        return Decision(Action.ESCALATE, (words,), team=team)
    return None


def _often(q: Question, policy: Policy, now: datetime, _z: ZoneInfo) -> Decision | None:
    if q.rule is None or q.rule.exempt:
        return None
    until = frequency.allowed_from(now, q.trigger.kind, q.moment.spoken, policy)
    return _hold(q, until, "the customer heard from us lately") if until > now else None


def _quiet(q: Question, policy: Policy, now: datetime, shop: ZoneInfo) -> Decision | None:
    customer = q.moment.views.get("customer", {})
    country = customer.get("country")
    zone = quiet.zone_of(customer.get("time_zone"), country, policy, shop)
    until = quiet.free_from(now, zone, country, policy)
    return _hold(q, until, quiet.words(now, zone, country, policy)) if until > now else None


QUESTIONS: tuple[Asked, ...] = (
    _known,
    _answered,
    _expired,
    _true,
    _person,
    _consent,
    _incident,
    _open_case,
    _ledger,
    _often,
    _quiet,
)


def _send(q: Question, policy: Policy, now: datetime, shop: ZoneInfo) -> Decision:
    rule = q.rule
    assert rule is not None
    again = _in_ledger(q) and bool(apologies(q.moment.spoken, policy, now))
    if truth(q, shop) is Truth.CHANGED:
        words = "what was expected came meanwhile, and the message says so"
        return Decision(
            Action.SEND, (words,), template=rule.otherwise, again=again, extra=remedy(q, policy)
        )
    template = rule.again if again and rule.again else rule.send
    reasons = ["nothing speaks against it"] + (
        ["as a second apology it owns the repetition"] if again else []
    )
    return Decision(
        Action.SEND,
        tuple(reasons),
        template=template,
        again=again,
        remedy=again and rule.again is None and policy.apologies.then is not None,
        extra=remedy(q, policy),
    )


def apologies(spoken: Iterable[Spoken], policy: Policy, now: datetime) -> list[Spoken]:
    """The apologies that the ledger counts: within the window, not exempt."""
    since = now - policy.apologies.window
    return [s for s in spoken if s.kind == Kind.APOLOGY and s.counts and s.at > since]


def _in_ledger(q: Question) -> bool:
    return q.trigger.kind == Kind.APOLOGY and q.rule is not None and not q.rule.exempt


def _stop(action: Action, words: str) -> Decision:
    return Decision(action, (words,))


def _hold(q: Question, until: datetime, words: str) -> Decision:
    return Decision(Action.HOLD, (words,), until=min(until, q.trigger.expires_at))
