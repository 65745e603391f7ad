"""Facts: what is known of a customer, an order, a complaint, a ticket. One row each in the store.

Every field belongs to an event type (its owner) or is shared by several; `versions` remembers for
each register (an event type, or a shared field) the (time, event id) that wrote it last, so that
folding in any order, any number of times, gives the same rows.
All datetimes are aware and in UTC. Amounts are decimal text.
"""

from datetime import date, datetime
from typing import Any, ClassVar

import msgspec


class Facts(msgspec.Struct, kw_only=True):
    """Common to all: the customer they belong to and what wrote which register last."""

    kind: ClassVar[str] = ""
    id_field: ClassVar[str] = ""

    customer_id: str
    versions: dict[str, str] = {}

    @property
    def id(self) -> str:
        return str(getattr(self, self.id_field))


class Customer(Facts, kw_only=True):
    """A person, as told by customer.updated and by the `customer` part of other events."""

    kind: ClassVar[str] = "customer"
    id_field: ClassVar[str] = "customer_id"

    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    language: str | None = None
    country: str | None = None
    time_zone: str | None = None
    consent_apology: bool | None = None
    consent_check_in: bool | None = None
    consent_small_extra: bool | None = None
    erased_at: datetime | None = None
    suppressed_at: datetime | None = None
    suppressed_reason: str | None = None


class Order(Facts, kw_only=True):
    """An order. `status` is that of the newest event: placed, shipped, delivered, cancelled,
    refunded or damaged; empty while only other events have come."""

    kind: ClassVar[str] = "order"
    id_field: ClassVar[str] = "order_id"

    order_id: str
    status: str | None = None
    placed_at: datetime | None = None
    promised_on: date | None = None
    total_amount: str | None = None
    total_currency: str | None = None
    items: list[dict[str, Any]] = []
    nth_order: int | None = None
    warehouse: str | None = None
    shipped_at: datetime | None = None
    carrier: str | None = None
    tracking: str | None = None
    delivered_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    refunded_at: datetime | None = None
    refund_amount: str | None = None
    refund_currency: str | None = None
    refund_reason: str | None = None
    damaged_at: datetime | None = None
    damaged_item: str | None = None
    damage_note: str | None = None


class Complaint(Facts, kw_only=True):
    """A complaint; `status` is opened (also while updated) or resolved."""

    kind: ClassVar[str] = "complaint"
    id_field: ClassVar[str] = "complaint_id"

    complaint_id: str
    status: str | None = None
    severity: str | None = None
    comment: str | None = None
    opened_at: datetime | None = None
    order_id: str | None = None
    topic: str | None = None
    updated_at: datetime | None = None
    resolved_at: datetime | None = None
    resolution: str | None = None


class Ticket(Facts, kw_only=True):
    """A support ticket; `status` is opened, contacted, resolved, reopened."""

    kind: ClassVar[str] = "ticket"
    id_field: ClassVar[str] = "ticket_id"

    ticket_id: str
    status: str | None = None
    opened_at: datetime | None = None
    order_id: str | None = None
    topic: str | None = None
    comment: str | None = None
    contacted_at: datetime | None = None
    channel: str | None = None
    resolved_at: datetime | None = None
    resolution: str | None = None
    reopened_at: datetime | None = None
    reopen_reason: str | None = None
    rated_at: datetime | None = None
    score: int | None = None
    rating_comment: str | None = None


Subject = Order | Complaint | Ticket
KINDS: dict[str, type[Facts]] = {c.kind: c for c in (Customer, Order, Complaint, Ticket)}
