"""Consent to tell what is too late: importing history surprises nobody, unless somebody asks for it.

A record may carry the Kafka header `aftercare-revive-since`, an RFC 3339 moment. What it calls for,
and happened at that moment or later, is not born expired: it may be sent for as long as its rule's
`expires` says, counted from when it is heard of. `aftercare play --since` and
`aftercare dead-letters replay --since` write it; anything unreadable in it gives no consent.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

HEADER = "aftercare-revive-since"

Header = tuple[str, bytes]
"""As Kafka carries it."""


def headers(since: datetime | None) -> list[Header]:
    """The header that gives consent for what happened at `since` (aware) or later; none without."""
    return [(HEADER, since.isoformat().encode())] if since is not None else []


def consented(given: Iterable[tuple[str, bytes | None]]) -> datetime | None:
    """The moment that a record's headers consent from; None where they do not, or unreadably."""
    for name, value in given:
        if name == HEADER and value is not None:
            return _moment(value.decode("ascii", "replace"))
    return None


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def revived_until(
    happened_at: datetime,
    expires_at: datetime,
    lasts: timedelta,
    origin: Mapping[str, Any],
    now: datetime,
) -> datetime | None:
    """Until when something that is too late may be sent after all; None when it is not too late, or
    nobody consented. `origin["revive_since"]` is RFC 3339 text, as the trace keeps it."""
    since = origin.get("revive_since")
    if since is None or expires_at > now or happened_at < datetime.fromisoformat(since):
        return None
    return now + lasts
