"""One row of Olist's orders as the events of that order."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from aftercare.events import payloads as p
from aftercare.events import types as e
from aftercare.events.fields import Item, Money, Person
from aftercare.sources.olist.moments import day, moment
from aftercare.sources.olist.tables import Row

SOURCE = "/import/olist"

COLUMNS = (
    "order_id",
    "customer_id",
    "order_status",
    "order_purchase_timestamp",
    "order_approved_at",
    "order_delivered_carrier_date",
    "order_delivered_customer_date",
    "order_estimated_delivery_date",
)

_KNOWN_TIMES = COLUMNS[3:7]
_CANCELLED = ("canceled", "unavailable")


def order_events(
    row: Row, customer_id: str, *, nth: int, items: list[Item], total: Money | None, who: Person
) -> Iterator[e.AnyEvent]:
    """What happened to one order. Raises ValueError when a time cannot be read."""
    order_id = row["order_id"]
    own: dict[str, Any] = {"customer_id": customer_id, "order_id": order_id}
    times = [moment(row[column]) for column in _KNOWN_TIMES]
    placed, _, shipped, delivered = times
    if placed:
        data = p.OrderPlaced(
            **own,
            promised_on=day(row["order_estimated_delivery_date"]),
            total=total,
            items=items,
            nth_order=nth,
            customer=who,
        )
        yield e.OrderPlaced(**envelope(order_id, "placed", placed), data=data)
    if shipped:
        data_shipped = p.OrderShipped(**own)
        yield e.OrderShipped(**envelope(order_id, "shipped", shipped), data=data_shipped)
    if delivered:
        data_delivered = p.OrderDelivered(**own)
        yield e.OrderDelivered(**envelope(order_id, "delivered", delivered), data=data_delivered)
    # A delivery is no sign of life of a cancellation: what was cancelled and came all the same was
    # cancelled before, and so nobody had to wait for it.
    known = [time for time in times[:3] if time]
    if row["order_status"] in _CANCELLED and known:
        cancelled = p.OrderCancelled(**own, reason=row["order_status"])
        yield e.OrderCancelled(**envelope(order_id, "cancelled", max(known)), data=cancelled)


def envelope(subject: str, what: str, time: datetime) -> dict[str, Any]:
    """The context attributes of an event; the id is the same at every import."""
    return {"id": f"olist:{subject}:{what}", "source": SOURCE, "time": time, "subject": subject}
