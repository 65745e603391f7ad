"""What a simulation found, read from its store: the same for the same inputs, byte for byte."""

from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from aftercare.simulate.run import Tally
from aftercare.store.tables import extras, failed_expectations, follow_ups, handoffs, triggers


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
            "total": _total(connection),
            "by_kind": _counts(connection, follow_ups.c.kind, sent=True),
            "by_template": _counts(connection, follow_ups.c.template, sent=True),
            "by_language": _counts(connection, follow_ups.c.language, sent=True),
        },
        "extras": _extras(connection),
        "quarantined_for": _counts(connection, failed_expectations.c.expectation),
        "reasons": _reasons(connection),
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


def _by_rule(connection: Connection) -> dict[str, dict[str, int]]:
    query = select(triggers.c.rule, triggers.c.status, func.count())
    query = query.group_by(triggers.c.rule, triggers.c.status)
    found: dict[str, dict[str, int]] = {}
    for rule, status, number in connection.execute(
        query.order_by(triggers.c.rule, triggers.c.status)
    ):
        found.setdefault(rule, {})[status] = number
    return found


def _total(connection: Connection) -> int:
    query = select(func.count()).select_from(follow_ups).where(follow_ups.c.status == "sent")
    return int(connection.execute(query).scalar_one())


def _extras(connection: Connection) -> dict[str, dict[str, str]]:
    query = select(extras.c.budget, extras.c.currency, extras.c.status, extras.c.amount)
    sums: dict[str, dict[str, Decimal]] = {}
    for budget, currency, status, amount in connection.execute(query):
        of_budget = sums.setdefault(f"{budget} {currency}", {})
        of_budget[status] = of_budget.get(status, Decimal(0)) + Decimal(amount)
    return {b: {s: str(v) for s, v in sorted(by.items())} for b, by in sorted(sums.items())}


def _reasons(connection: Connection) -> dict[str, int]:
    """Why triggers were not sent, the ids and times in the words left out."""
    query = select(triggers.c.status, triggers.c.reason).where(
        triggers.c.status.in_(("withdrawn", "suppressed", "escalated", "expired"))
    )
    found: dict[str, int] = {}
    for status, reason in connection.execute(query):
        words = f"{status}: {general(reason)}"
        found[words] = found.get(words, 0) + 1
    return dict(sorted(found.items()))


def general(reason: str) -> str:
    """A reason with its ids and times left out, so that alike ones can be counted together."""
    head, _, held = reason.partition("; before that: ")
    head = "too late" if head.startswith("too late") else head
    words = f"{head}, after being held: {held}" if held else head
    for mark in (" (until", " is open", " already answered"):
        words = words.split(mark)[0] + (mark if mark == " is open" and mark in words else "")
    return " ".join(w for w in words.split() if not any(c.isdigit() for c in w))


def _most(connection: Connection) -> dict[str, Any]:
    number = func.count().label("messages")
    query = select(follow_ups.c.customer_id, number).where(follow_ups.c.status == "sent")
    query = query.group_by(follow_ups.c.customer_id)
    row = connection.execute(query.order_by(number.desc(), follow_ups.c.customer_id)).first()
    return {"customer_id": row.customer_id, "messages": row.messages} if row else {}
