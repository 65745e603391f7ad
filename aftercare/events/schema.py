"""Every event type as JSON Schema (2020-12), made from the types that decode it."""

import difflib
from typing import Any

import msgspec

from aftercare.errors import UsageError
from aftercare.events.types import TYPES

DIALECT = "https://json-schema.org/draft/2020-12/schema"

MEANINGS = {
    "specversion": "the version of CloudEvents",
    "id": "tells this event from all others of its source; the same again is the same event",
    "source": "who says so, e.g. /shop/orders",
    "type": "what happened",
    "time": "when it happened: RFC 3339 with a zone, e.g. 2026-01-05T14:30:00-03:00",
    "subject": "what it happened to, for people who read along",
    "data": "the facts",
    "customer_id": "the customer; also the message's key on Kafka",
    "promised_on": "the day the shop promised, in the shop's zone, e.g. 2026-01-09",
    "total": "what the customer pays for the order",
    "items": "what was bought, named as the customer knows it",
    "nth_order": "which order of this customer it is, from 1",
    "warehouse": "where it leaves from",
    "carrier": "who brings it",
    "tracking": "the carrier's number of the parcel",
    "refund": "what the customer gets back",
    "item": "what arrived damaged, named as the customer knows it",
    "severity": "low, medium, high or critical; critical goes to a person",
    "resolution": "what was done, in words fit for the customer",
    "score": "from 1 to 5",
    "closed_by": "who looked after it, by the name or number that your system knows",
    "email": "where mail reaches the customer",
    "first_name": "how the customer is greeted",
    "language": "the language to write in, e.g. pt or en-GB",
    "country": "ISO 3166 code, e.g. BR",
    "time_zone": "IANA name, e.g. America/Sao_Paulo",
}
"""What a field means, wherever it stands; a description at the type itself goes before."""


def schema(event_type: str) -> dict[str, Any]:
    """The JSON Schema of one event type. Raises UsageError, with the nearest right name."""
    cls = TYPES.get(event_type)
    if cls is None:
        near = difflib.get_close_matches(event_type, TYPES, n=1, cutoff=0)
        raise UsageError(f"there is no event type {event_type!r}; did you mean {near[0]}?")
    made = msgspec.json.schema(cls)
    for part in made["$defs"].values():
        _describe(part)
    _require_specversion(made)
    place = f"topic {cls.topic}" if cls.topic else "any topic"
    head = {"$schema": DIALECT, "title": event_type, "description": f"On {place}, by customer id."}
    return head | made


def _describe(part: dict[str, Any]) -> None:
    for name, about in part.get("properties", {}).items():
        if name in MEANINGS:
            about.setdefault("description", MEANINGS[name])


def _require_specversion(made: dict[str, Any]) -> None:
    # We read what forgets it, but nobody should write so.
    envelope = made["$defs"][made["$ref"].removeprefix("#/$defs/")]
    envelope["required"] = ["specversion", *envelope["required"]]
    envelope["description"] = "CloudEvents 1.0, structured mode"
