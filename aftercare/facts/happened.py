"""Which field of its subject's facts tells when an event of a type happened."""

from datetime import datetime

from aftercare.facts.model import Facts

HAPPENED = {
    "order.placed": "placed_at",
    "order.shipped": "shipped_at",
    "order.delivered": "delivered_at",
    "order.cancelled": "cancelled_at",
    "order.refunded": "refunded_at",
    "order.damaged": "damaged_at",
    "complaint.opened": "opened_at",
    "complaint.updated": "updated_at",
    "complaint.resolved": "resolved_at",
    "support.opened": "opened_at",
    "support.contacted": "contacted_at",
    "support.resolved": "resolved_at",
    "support.reopened": "reopened_at",
    "support.rated": "rated_at",
}


def happened_at(facts: Facts, event_type: str) -> datetime | None:
    """When the event happened to this subject (aware, UTC); None while it has not come."""
    moment: datetime | None = getattr(facts, HAPPENED[event_type])
    return moment
