"""Why there is nothing to say any more, in words for an operator. Pure."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from aftercare.decision.model import Question, View
from aftercare.facts.view import for_cel
from aftercare.rules.model import Condition, Rule
from aftercare.rules.tokens import facts_read
from aftercare.trace.words import clock, day, listed

_SPEAKING = frozenset({"status", "severity"})
"""Texts that are words of ours; any other text may be a customer's own."""


def gone_words(question: Question, zone: ZoneInfo) -> str:
    """What does not hold any more, and the facts of this moment that say so."""
    rule, views = question.rule, question.moment.views
    assert rule is not None
    seen = for_cel({name: dict(fields) for name, fields in views.items()}, zone)
    for asked in (rule.when, rule.still):
        if asked is not None and not asked.holds(seen):
            return f"{_meaning(asked, rule)}{_facts(asked, question, zone)}"
    return "what was expected came in time after all"


def _meaning(asked: Condition, rule: Rule) -> str:
    if asked is rule.still and rule.gone is not None:
        return rule.gone
    return f"what the rule asks is no longer true: {asked.source}"


def _facts(asked: Condition, question: Question, zone: ZoneInfo) -> str:
    views = question.moment.views
    known = [w for v, f in facts_read(asked.source) for w in _fact(v, f, views.get(v, {}), zone)]
    return f" (now {listed(known, 'and')})" if known else ""


def _fact(variable: str, field: str, view: View, zone: ZoneInfo) -> Iterator[str]:
    value = view.get(field)
    if value is not None and (field in _SPEAKING or not isinstance(value, str | list)):
        yield _said(variable, field, value, zone)


def _said(variable: str, field: str, value: Any, zone: ZoneInfo) -> str:
    name = field.replace("_", " ")
    if isinstance(value, datetime) and field.endswith("_at"):
        return f"the {variable} was {name.removesuffix(' at')} on {clock(value, zone)}"
    several = name.endswith("s") and name != "status"
    return f"the {variable}'s {name} {'are' if several else 'is'} {_shown(value, zone)}"


def _shown(value: Any, zone: ZoneInfo) -> str:
    match value:
        case datetime():
            return clock(value, zone)
        case date():
            return day(value)
        case str():
            return f'"{value}"'
        case bool():
            return str(value).lower()
        case Decimal():
            return f"{value:f}"
        case _:
            return str(value)
