"""Folding events into facts, pure: any order, any number of times, the same rows.

Each event assigns fields under *registers*; a register remembers the (time, event id) that wrote it
last and takes only later ones. Most registers are an event type's own; what several types write
(status, severity, comment, the customer's fields) is a register each.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from aftercare.events import payloads as p
from aftercare.events import types as e
from aftercare.events.fields import Person
from aftercare.facts.model import Complaint, Customer, Facts, Order, Ticket

Assignment = tuple[str, dict[str, Any]]
"""(register, fields to set)."""

_RANK = {
    "order.placed": 0,
    "order.shipped": 1,
    "order.delivered": 2,
    "order.damaged": 3,
    "order.cancelled": 4,
    "order.refunded": 5,
    "complaint.opened": 0,
    "complaint.updated": 1,
    "complaint.resolved": 2,
    "support.opened": 0,
    "support.contacted": 1,
    "support.reopened": 2,
    "support.resolved": 3,
}
"""Which status wins when two events bear the same time."""

_PERSONAL = ("email", "first_name", "last_name", "language", "country", "time_zone")


def new_facts(event: e.Event) -> Facts | None:
    """The empty row of the event's own subject; None for customer events."""
    match event.data:  # type: ignore[attr-defined]
        case p.OrderPayload() as data:
            return Order(customer_id=data.customer_id, order_id=data.order_id)
        case p.ComplaintPayload() as data:
            return Complaint(customer_id=data.customer_id, complaint_id=data.complaint_id)
        case p.TicketPayload() as data:
            return Ticket(customer_id=data.customer_id, ticket_id=data.ticket_id)
        case _:
            return None


def fold_subject(facts: Facts, event: e.Event) -> bool:
    """Fold an event into its order, complaint or ticket; True when anything changed."""
    stamp = _stamp(event)
    assigned = [_apply(facts, r, stamp, fields) for r, fields in _subject_assignments(event)]
    ranked = f"{_time(event.time)}|{_RANK.get(event.type, 0):02d}|{event.id}"
    if event.type in _RANK:
        assigned.append(_apply(facts, "status", ranked, {"status": _status(event.type)}))
    return any(assigned)


def fold_customer(customer: Customer, event: e.Event) -> bool:
    """Fold what an event says of the customer; True when anything changed."""
    stamp = _stamp(event)
    # Every register is asked, also after one has changed.
    changed = [_apply(customer, r, stamp, fields) for r, fields in _customer_assignments(event)]
    return any(changed)


def _status(event_type: str) -> str:
    return {"complaint.updated": "opened"}.get(event_type, event_type.split(".")[1])


def _subject_assignments(event: e.Event) -> Iterator[Assignment]:
    data = event.data  # type: ignore[attr-defined]
    yield "customer_id", {"customer_id": data.customer_id}
    yield event.type, _owned(event, data)
    for shared in ("severity", "comment"):
        value = getattr(data, shared, None)
        if value is not None and isinstance(data, p.ComplaintPayload):
            yield shared, {shared: value}


def _owned(event: e.Event, data: Any) -> dict[str, Any]:
    at = event.time.astimezone(UTC)
    match data:
        case p.OrderPlaced():
            return {
                "placed_at": at,
                "promised_on": data.promised_on,
                "total_amount": data.total.amount if data.total else None,
                "total_currency": data.total.currency if data.total else None,
                "items": [msgspec.to_builtins(item) for item in data.items],
                "nth_order": data.nth_order,
                "warehouse": data.warehouse,
            }
        case p.OrderShipped():
            return {"shipped_at": at, "carrier": data.carrier, "tracking": data.tracking}
        case p.OrderDelivered():
            return {"delivered_at": at}
        case p.OrderCancelled():
            return {"cancelled_at": at, "cancel_reason": data.reason}
        case p.OrderRefunded():
            return {
                "refunded_at": at,
                "refund_amount": data.refund.amount,
                "refund_currency": data.refund.currency,
                "refund_reason": data.reason,
            }
        case p.OrderDamaged():
            return {"damaged_at": at, "damaged_item": data.item, "damage_note": data.note}
        case p.ComplaintOpened():
            return {"opened_at": at, "order_id": data.order_id, "topic": data.topic}
        case p.ComplaintUpdated():
            return {"updated_at": at}
        case p.ComplaintResolved() | p.SupportResolved():
            return {"resolved_at": at, "resolution": data.resolution}
        case p.SupportOpened():
            return {
                "opened_at": at,
                "order_id": data.order_id,
                "topic": data.topic,
                "comment": data.comment,
            }
        case p.SupportContacted():
            return {"contacted_at": at, "channel": data.channel}
        case p.SupportReopened():
            return {"reopened_at": at, "reopen_reason": data.reason}
        case p.SupportRated():
            return {"rated_at": at, "score": data.score, "rating_comment": data.comment}
        case _:
            return {}


def _customer_assignments(event: e.Event) -> Iterator[Assignment]:
    if isinstance(event, e.CustomerErased):
        # Erasing writes every personal field, so that an older event cannot bring it back.
        yield from ((name, {name: None}) for name in _PERSONAL)
        yield "erased", {"erased_at": event.time.astimezone(UTC)}
        return
    person: Person | None = getattr(event.data, "customer", None)  # type: ignore[attr-defined]
    if person is None:
        return
    for name in _PERSONAL:
        if (value := getattr(person, name)) is not None:
            yield name, {name: value}
    for kind in ("apology", "check_in", "small_extra"):
        allowed = getattr(person.consents, kind, None)
        if allowed is not None:
            yield f"consent_{kind}", {f"consent_{kind}": allowed}


def _apply(facts: Facts, register: str, stamp: str, fields: dict[str, Any]) -> bool:
    if not fields or stamp <= facts.versions.get(register, ""):
        return False
    facts.versions[register] = stamp
    for name, value in fields.items():
        setattr(facts, name, value)
    return True


def _stamp(event: e.Event) -> str:
    return f"{_time(event.time)}|{event.id}"


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
