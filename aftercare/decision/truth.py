"""Is it still true? Asked with the facts of the moment, seconds before sending."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from aftercare.decision.model import Question
from aftercare.facts.happened import HAPPENED
from aftercare.facts.view import for_cel
from aftercare.rules.model import Rule


class Truth(StrEnum):
    """TRUE: as the rule says. CHANGED: another template tells it. GONE: nothing to say."""

    TRUE = "true"
    CHANGED = "changed"
    GONE = "gone"


def truth(question: Question, zone: ZoneInfo) -> Truth:
    """Ask `when` (about the subject), `still` (about everything) and, for expected events, whether
    they came meanwhile."""
    rule = question.rule
    assert rule is not None
    views = for_cel({k: dict(v) for k, v in question.moment.views.items()}, zone)
    if rule.when is not None and not rule.when.holds(views):
        return Truth.GONE
    if rule.still is not None and not rule.still.holds(views):
        return Truth.CHANGED if rule.on and rule.otherwise else Truth.GONE
    if rule.expect is None or not _came(rule, question.moment.views):
        return Truth.TRUE
    if rule.otherwise is None or _in_time(rule, question):
        return Truth.GONE
    return Truth.CHANGED


def _came(rule: Rule, views: Mapping[str, Mapping[str, Any]]) -> datetime | None:
    field = HAPPENED[rule.expect or ""]
    moment: datetime | None = views.get(rule.subject_kind, {}).get(field)
    return moment


def _in_time(rule: Rule, question: Question) -> bool:
    # The trigger's happened_at is the moment by which it should have come.
    came = _came(rule, question.moment.views)
    return came is not None and came <= question.trigger.happened_at
