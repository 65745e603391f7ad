"""Facts as rules and templates see them: plain dicts with derived fields, in the shop's zone.

A day begins at midnight in the shop's zone; whether an order is late is a matter of days, because
the promise is a day. A missing fact is None.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from aftercare.facts.model import Complaint, Customer, Facts, Order, Ticket

View = dict[str, Any]


def view(facts: Facts, zone: ZoneInfo) -> View:
    """The fields of one facts row plus the derived ones of its kind; `versions` is left out."""
    fields = msgspec.structs.asdict(facts)
    fields.pop("versions")
    return fields | _derived(facts, zone)


def _derived(facts: Facts, zone: ZoneInfo) -> View:
    match facts:
        case Order():
            return _order(facts, zone)
        case Complaint() | Ticket():
            return _case(facts, zone)
        case Customer():
            return {"name": " ".join(n for n in (facts.first_name, facts.last_name) if n) or None}
        case _:
            return {}


def _order(order: Order, zone: ZoneInfo) -> View:
    delivered_on = local_day(order.delivered_at, zone)
    return {
        "placed_on": local_day(order.placed_at, zone),
        "shipped_on": local_day(order.shipped_at, zone),
        "delivered_on": delivered_on,
        "cancelled_on": local_day(order.cancelled_at, zone),
        "refunded_on": local_day(order.refunded_at, zone),
        "damaged_on": local_day(order.damaged_at, zone),
        "days_late": days_between(order.promised_on, delivered_on),
        "total": amount(order.total_amount),
        "currency": order.total_currency,
        "refund": amount(order.refund_amount),
        "item": order.items[0].get("name") if order.items else None,
    }


def _case(case: Complaint | Ticket, zone: ZoneInfo) -> View:
    opened_on, resolved_on = local_day(case.opened_at, zone), local_day(case.resolved_at, zone)
    return {
        "opened_on": opened_on,
        "resolved_on": resolved_on,
        "days_open": days_between(opened_on, resolved_on),
    }


def local_day(moment: datetime | None, zone: ZoneInfo) -> date | None:
    """The calendar day of a moment in a zone."""
    return moment.astimezone(zone).date() if moment else None


def days_between(first: date | None, second: date | None) -> int | None:
    """Whole calendar days from first to second; negative when second is earlier."""
    return (second - first).days if first and second else None


def amount(text: str | None) -> Decimal | None:
    """Decimal text as a Decimal."""
    return Decimal(text) if text is not None else None


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The moment a calendar day begins in a zone (aware)."""
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def for_cel(views: Mapping[str, View], zone: ZoneInfo) -> View:
    """The same views with values CEL computes with: days as the timestamp (UTC, the only zone the
    evaluator takes) of their midnight in the shop's zone, amounts as doubles."""
    return {
        name: {field: _cel_value(value, zone) for field, value in fields.items()}
        for name, fields in views.items()
    }


def _cel_value(value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return midnight(value, zone).astimezone(UTC)
    return value


CUSTOMER_COUNTS = ("open_cases", "orders_delivered", "orders_placed")
"""Counted over all of a customer's rows at send time; only `still` sees them."""


def names(kind: str) -> frozenset[str]:
    """The field names a rule or template may use of `customer`, `order`, `complaint` or `ticket`."""
    empty: dict[str, Facts] = {
        "customer": Customer(customer_id=""),
        "order": Order(customer_id="", order_id=""),
        "complaint": Complaint(customer_id="", complaint_id=""),
        "ticket": Ticket(customer_id="", ticket_id=""),
    }
    extra = CUSTOMER_COUNTS if kind == "customer" else ()
    return frozenset(view(empty[kind], ZoneInfo("UTC"))) | frozenset(extra)
