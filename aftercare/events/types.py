"""CloudEvents 1.0, structured JSON: one class a type, told apart by `type` in one decoding pass."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal

import msgspec

from aftercare.events import payloads as p
from aftercare.events.fields import Id

ORDERS, COMPLAINTS, SUPPORT = "orders", "complaints", "support"
TOPICS = (ORDERS, COMPLAINTS, SUPPORT)
DEAD_LETTERS = "aftercare.dead-letters"
DELIVERIES = "deliveries"


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """The context attributes of CloudEvents 1.0; extension attributes are allowed and ignored."""

    topic: ClassVar[str | None] = None
    subject_kind: ClassVar[str] = ""

    specversion: Literal["1.0"] = "1.0"
    id: Id
    source: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
    time: Annotated[datetime, msgspec.Meta(tz=True)]
    subject: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    datacontenttype: Literal["application/json"] | None = None

    @property
    def type(self) -> str:
        """The CloudEvents type, e.g. `order.delivered`."""
        return str(self.__struct_config__.tag)


class OrderEvent(Event, frozen=True, kw_only=True):
    topic: ClassVar[str | None] = ORDERS
    subject_kind: ClassVar[str] = "order"


class ComplaintEvent(Event, frozen=True, kw_only=True):
    topic: ClassVar[str | None] = COMPLAINTS
    subject_kind: ClassVar[str] = "complaint"


class TicketEvent(Event, frozen=True, kw_only=True):
    topic: ClassVar[str | None] = SUPPORT
    subject_kind: ClassVar[str] = "ticket"


class HandoffEvent(Event, frozen=True, kw_only=True):
    topic: ClassVar[str | None] = SUPPORT
    subject_kind: ClassVar[str] = "hand-off"


class CustomerEvent(Event, frozen=True, kw_only=True):
    subject_kind: ClassVar[str] = "customer"


class OrderPlaced(OrderEvent, frozen=True, kw_only=True, tag="order.placed"):
    data: p.OrderPlaced


class OrderShipped(OrderEvent, frozen=True, kw_only=True, tag="order.shipped"):
    data: p.OrderShipped


class OrderDelivered(OrderEvent, frozen=True, kw_only=True, tag="order.delivered"):
    data: p.OrderDelivered


class OrderCancelled(OrderEvent, frozen=True, kw_only=True, tag="order.cancelled"):
    data: p.OrderCancelled


class OrderRefunded(OrderEvent, frozen=True, kw_only=True, tag="order.refunded"):
    data: p.OrderRefunded


class OrderDamaged(OrderEvent, frozen=True, kw_only=True, tag="order.damaged"):
    data: p.OrderDamaged


class ComplaintOpened(ComplaintEvent, frozen=True, kw_only=True, tag="complaint.opened"):
    data: p.ComplaintOpened


class ComplaintUpdated(ComplaintEvent, frozen=True, kw_only=True, tag="complaint.updated"):
    data: p.ComplaintUpdated


class ComplaintResolved(ComplaintEvent, frozen=True, kw_only=True, tag="complaint.resolved"):
    data: p.ComplaintResolved


class SupportOpened(TicketEvent, frozen=True, kw_only=True, tag="support.opened"):
    data: p.SupportOpened


class SupportContacted(TicketEvent, frozen=True, kw_only=True, tag="support.contacted"):
    data: p.SupportContacted


class SupportResolved(TicketEvent, frozen=True, kw_only=True, tag="support.resolved"):
    data: p.SupportResolved


class SupportReopened(TicketEvent, frozen=True, kw_only=True, tag="support.reopened"):
    data: p.SupportReopened


class SupportRated(TicketEvent, frozen=True, kw_only=True, tag="support.rated"):
    data: p.SupportRated


class HandoffClosed(HandoffEvent, frozen=True, kw_only=True, tag="handoff.closed"):
    data: p.HandoffClosed


class CustomerUpdated(CustomerEvent, frozen=True, kw_only=True, tag="customer.updated"):
    data: p.CustomerUpdated


class CustomerErased(CustomerEvent, frozen=True, kw_only=True, tag="customer.erased"):
    data: p.CustomerErased


AnyEvent = (
    OrderPlaced
    | OrderShipped
    | OrderDelivered
    | OrderCancelled
    | OrderRefunded
    | OrderDamaged
    | ComplaintOpened
    | ComplaintUpdated
    | ComplaintResolved
    | SupportOpened
    | SupportContacted
    | SupportResolved
    | SupportReopened
    | SupportRated
    | HandoffClosed
    | CustomerUpdated
    | CustomerErased
)

TYPES: dict[str, type[Event]] = {str(cls.__struct_config__.tag): cls for cls in AnyEvent.__args__}
