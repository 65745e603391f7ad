"""Matching, pure: which triggers a subject's facts call for. Looks at facts, not at the moment, so
that a delivery which arrives before its order is matched when the order comes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from aftercare.events.types import TYPES
from aftercare.facts.happened import happened_at
from aftercare.facts.model import Facts
from aftercare.facts.view import for_cel, view
from aftercare.rules.model import Rule
from aftercare.rules.tokens import facts_read

Views = Mapping[str, Any]


@dataclass(frozen=True)
class Birth:
    """A rule that matched; times are aware, UTC."""

    rule: Rule
    customer_id: str
    subject_kind: str
    subject_id: str
    cause: str
    incident: str | None
    happened_at: datetime
    due_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Expectation:
    """An event that should come by a moment, on a topic; `kept` when it came in time."""

    by: datetime
    topic: str
    kept: bool


def matches(rule: Rule, views: Views) -> bool:
    """Whether `when` holds of the subject; a rule without one matches every subject."""
    return rule.when is None or rule.when.holds(views)


def born(rule: Rule, facts: Facts, zone: ZoneInfo, views: Views | None = None) -> Birth | None:
    """The trigger that an `on` rule calls for, or None. `views` are facts.view.for_cel views of
    the subject, when the caller has them already."""
    moment = happened_at(facts, rule.event) if rule.on else None
    if moment is None:
        return None
    views = _views(facts, zone) if views is None else views
    return _birth(rule, facts, moment, views) if matches(rule, views) else None


def expected(
    rule: Rule, facts: Facts, zone: ZoneInfo, views: Views | None = None
) -> Expectation | None:
    """What an `after` rule expects of this subject, or None: not begun, not applicable, or what
    `by` needs is not known."""
    if not rule.after or rule.by is None or happened_at(facts, rule.after) is None:
        return None
    views = _views(facts, zone) if views is None else views
    if not matches(rule, views):
        return None
    by = rule.by.value(views)
    if not isinstance(by, datetime):
        return None
    came = happened_at(facts, rule.expect or "")
    topic = TYPES[rule.expect or ""].topic or ""
    return Expectation(by.astimezone(UTC), topic, came is not None and came <= by)


def missed(rule: Rule, by: datetime, facts: Facts, zone: ZoneInfo) -> Birth | None:
    """The trigger of a promise that was not kept by `by`; None when `still` does not hold of the
    subject any more (or the event turns out to have come in time)."""
    came = happened_at(facts, rule.expect or "")
    views = _views(facts, zone)
    if came is not None and came <= by:
        return None
    if not _still(rule, facts.kind, views):
        return None
    return _birth(rule, facts, by, views)


def _still(rule: Rule, kind: str, views: Views) -> bool:
    # What `still` says of anybody else than the subject is asked when it is sent.
    if rule.still is None or {variable for variable, _ in facts_read(rule.still.source)} - {kind}:
        return True
    return rule.still.holds(views)


def _birth(rule: Rule, facts: Facts, moment: datetime, views: Views) -> Birth:
    incident = rule.incident.value(views) if rule.incident else None
    return Birth(
        rule,
        facts.customer_id,
        facts.kind,
        facts.id,
        rule.cause,
        str(incident)[:200] if incident is not None else None,
        moment,
        moment + rule.wait,
        moment + rule.expires,
    )


def _views(facts: Facts, zone: ZoneInfo) -> Views:
    return for_cel({facts.kind: view(facts, zone)}, zone)
