"""What a simulation found, read from its store: the same for the same inputs, byte for byte."""

from collections import Counter
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from aftercare.simulate.reasons import general
from aftercare.simulate.run import Tally
from aftercare.store.tables import (
    extras,
    failed_expectations,
    follow_ups,
    handoffs,
    trace,
    triggers,
)

_EXPLAINED = ("withdrawn", "suppressed", "escalated", "expired", "bundled", "failed")


def result(connection: Connection, tally: Tally) -> dict[str, Any]:
    """Plain data, fit for JSON. Counts by name; amounts as decimal text by budget."""
    return {
        "events": tally.events,
        "dead_letters": {
            "total": sum(tally.dead.values()),
            "by_reason": dict(sorted(tally.dead.items())),
        },
        "triggers": _counts(connection, triggers.c.rule),
        "outcomes": _counts(connection, triggers.c.status),
        "outcomes_by_rule": _by_rule(connection),
        "messages": {
            "total": _one(connection, _sent(func.count())),
            "customers": _one(connection, _sent(func.count(follow_ups.c.customer_id.distinct()))),
            "first_at": _moment(connection, func.min(follow_ups.c.accepted_at)),
            "last_at": _moment(connection, func.max(follow_ups.c.accepted_at)),
            "by_kind": _counts(connection, follow_ups.c.kind, sent=True),
            "by_template": _counts(connection, follow_ups.c.template, sent=True),
            "by_language": _counts(connection, follow_ups.c.language, sent=True),
        },
        "extras": _extras(connection),
        "extras_given": _counts(connection, extras.c.budget + " " + extras.c.currency),
        "quarantined_for": _quarantined(connection),
        "reasons": _reasons(connection),
        "held_for": _held(connection),
        "hand_offs": _counts(connection, handoffs.c.team),
        "most_written_to": _most(connection),
        "stopped": dict(sorted(tally.stopped.items())),
    }


def _counts(
    connection: Connection, column: ColumnElement[Any], *, sent: bool = False
) -> dict[str, int]:
    query = select(column, func.count()).group_by(column).order_by(column)
    if sent:
        query = query.where(follow_ups.c.status == "sent")
    return {str(name): int(number) for name, number in connection.execute(query)}


def _sent(column: ColumnElement[Any]) -> Select[Any]:
    return select(column).select_from(follow_ups).where(follow_ups.c.status == "sent")


def _one(connection: Connection, query: Select[Any]) -> int:
    return int(connection.execute(query).scalar_one())


def _moment(connection: Connection, column: ColumnElement[Any]) -> str | None:
    moment = connection.execute(_sent(column)).scalar_one()
    return moment.isoformat() if moment else None


def _by_rule(connection: Connection) -> dict[str, dict[str, int]]:
    query = select(triggers.c.rule, triggers.c.status, func.count())
    query = query.group_by(triggers.c.rule, triggers.c.status)
    found: dict[str, dict[str, int]] = {}
    for rule, status, number in connection.execute(
        query.order_by(triggers.c.rule, triggers.c.status)
    ):
        found.setdefault(rule, {})[status] = number
    return found


def _extras(connection: Connection) -> dict[str, dict[str, str]]:
    query = select(extras.c.budget, extras.c.currency, extras.c.status, extras.c.amount)
    sums: dict[str, dict[str, Decimal]] = {}
    for budget, currency, status, amount in connection.execute(query):
        of_budget = sums.setdefault(f"{budget} {currency}", {})
        of_budget[status] = of_budget.get(status, Decimal(0)) + Decimal(amount)
    return {b: {s: str(v) for s, v in sorted(by.items())} for b, by in sorted(sums.items())}


def _quarantined(connection: Connection) -> dict[str, int]:
    """Of those that are quarantined at the end, which expectation failed, in words."""
    query = select(failed_expectations.c.expectation, failed_expectations.c.words, func.count())
    query = query.join(triggers, triggers.c.trigger_id == failed_expectations.c.trigger_id)
    query = query.where(triggers.c.status == "quarantined")
    query = query.group_by(failed_expectations.c.expectation, failed_expectations.c.words)
    rows = connection.execute(query.order_by(failed_expectations.c.expectation))
    found: Counter[str] = Counter()
    for name, words, number in rows:
        found[f"{name}: {general(words)}"] += number
    return dict(sorted(found.items()))


def _reasons(connection: Connection) -> dict[str, int]:
    """Why triggers were not sent."""
    query = select(triggers.c.status, triggers.c.reason).where(triggers.c.status.in_(_EXPLAINED))
    found: Counter[str] = Counter()
    for status, reason in connection.execute(query):
        found[f"{status}: {general(reason)}"] += 1
    return dict(sorted(found.items()))


def _held(connection: Connection) -> dict[str, int]:
    """How often something was held on its way, and why; what became of it is another matter."""
    query = select(trace.c.words).where(trace.c.status == "held")
    found = Counter(general(words) for words in connection.execute(query).scalars())
    return dict(sorted(found.items()))


def _most(connection: Connection) -> dict[str, Any]:
    number = func.count().label("messages")
    query = select(follow_ups.c.customer_id, number).where(follow_ups.c.status == "sent")
    query = query.group_by(follow_ups.c.customer_id)
    row = connection.execute(query.order_by(number.desc(), follow_ups.c.customer_id)).first()
    return {"customer_id": row.customer_id, "messages": row.messages} if row else {}
