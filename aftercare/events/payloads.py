"""What each event says in its `data`. The event's own `time` is when it happened."""

from datetime import date
from typing import Annotated

import msgspec

from aftercare.events.fields import (
    HandoffId,
    Id,
    Item,
    LongText,
    Money,
    Person,
    Severity,
    ShortText,
)


class Payload(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Every payload names its customer, the key on Kafka."""

    customer_id: Id


class OrderPayload(Payload, frozen=True, kw_only=True):
    order_id: Id


class OrderPlaced(OrderPayload, frozen=True, kw_only=True):
    """An order; `promised_on` is the day the shop promised, in the shop's zone."""

    promised_on: date | None = None
    total: Money | None = None
    items: Annotated[list[Item], msgspec.Meta(max_length=500)] = []
    nth_order: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | None = None
    warehouse: ShortText | None = None
    customer: Person | None = None


class OrderShipped(OrderPayload, frozen=True, kw_only=True):
    carrier: ShortText | None = None
    tracking: ShortText | None = None


class OrderDelivered(OrderPayload, frozen=True, kw_only=True):
    pass


class OrderCancelled(OrderPayload, frozen=True, kw_only=True):
    reason: ShortText | None = None


class OrderRefunded(OrderPayload, frozen=True, kw_only=True):
    refund: Money
    reason: ShortText | None = None


class OrderDamaged(OrderPayload, frozen=True, kw_only=True):
    item: ShortText | None = None
    note: LongText | None = None


class ComplaintPayload(Payload, frozen=True, kw_only=True):
    complaint_id: Id


class ComplaintOpened(ComplaintPayload, frozen=True, kw_only=True):
    severity: Severity = "medium"
    order_id: Id | None = None
    topic: ShortText | None = None
    comment: LongText | None = None
    customer: Person | None = None


class ComplaintUpdated(ComplaintPayload, frozen=True, kw_only=True):
    severity: Severity | None = None
    comment: LongText | None = None


class ComplaintResolved(ComplaintPayload, frozen=True, kw_only=True):
    """`resolution` is what we did, in words fit for the customer."""

    resolution: LongText | None = None


class TicketPayload(Payload, frozen=True, kw_only=True):
    ticket_id: Id


class SupportOpened(TicketPayload, frozen=True, kw_only=True):
    order_id: Id | None = None
    topic: ShortText | None = None
    comment: LongText | None = None
    customer: Person | None = None


class SupportContacted(TicketPayload, frozen=True, kw_only=True):
    channel: ShortText | None = None


class SupportResolved(TicketPayload, frozen=True, kw_only=True):
    """`resolution` is what we did, in words fit for the customer."""

    resolution: LongText | None = None


class SupportReopened(TicketPayload, frozen=True, kw_only=True):
    reason: LongText | None = None


class SupportRated(TicketPayload, frozen=True, kw_only=True):
    score: Annotated[int, msgspec.Meta(ge=1, le=5)]
    comment: LongText | None = None


class HandoffClosed(Payload, frozen=True, kw_only=True):
    """A person has looked after what a hand-off asked for."""

    handoff_id: HandoffId
    closed_by: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class CustomerUpdated(Payload, frozen=True, kw_only=True):
    customer: Person


class CustomerErased(Payload, frozen=True, kw_only=True):
    pass
