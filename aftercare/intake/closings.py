"""What the events of a batch say about hand-offs that are done."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection

from aftercare.events.types import Event, HandoffClosed
from aftercare.facts.model import Facts
from aftercare.handoffs.closing import Closing, of_cases, say_closed, settle

_THE_TEAM = "the team"


def close_handoffs(
    connection: Connection, events: Iterable[Event], changed: Sequence[Facts], now: datetime
) -> None:
    """Keep closings that were told of, and settle the hand-offs that they or changed cases touch."""
    closings = [_closing(event) for event in events if isinstance(event, HandoffClosed)]
    say_closed(connection, closings)
    touched = {closing.handoff_id for closing in closings} | of_cases(connection, changed)
    settle(connection, touched, now)


def _closing(event: HandoffClosed) -> Closing:
    data, at = event.data, event.time.astimezone(UTC)
    by = data.closed_by or _THE_TEAM
    return Closing(data.handoff_id, data.customer_id, at, by, event.id)
