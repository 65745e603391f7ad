"""A real week out of Olist's files, for a demo on somebody else's troubles."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from aftercare.demo.pages import ZONE, Line
from aftercare.events.decode import encode
from aftercare.events.types import AnyEvent, OrderPlaced
from aftercare.sources.olist import Tally, histories, in_time

BUSY = datetime(2017, 12, 18, tzinfo=ZONE)
"""The week of the slice with the most late deliveries and missed promises."""

_WEEK = timedelta(days=7)
_GRACE = timedelta(days=2)
"""How long after the promised day began an order counts as missed."""


def week_of_olist(folder: Path, start: datetime = BUSY) -> Iterator[Line]:
    """CloudEvents of all orders to which something happens in the week from `start` (aware), be it
    only that their promise falls due; with their history, up to the week's end, sorted by time.

    Raises UsageError when a file of Olist's is missing.
    """
    end = start + _WEEK
    chosen = [each for each in histories(folder, Tally()) if _touches(each, start, end)]
    for event in in_time(chosen):
        if event.time >= end:
            return
        yield msgspec.json.decode(encode(event))


def _touches(history: list[AnyEvent], start: datetime, end: datetime) -> bool:
    return any(start <= event.time < end or _falls_due(event, start, end) for event in history)


def _falls_due(event: AnyEvent, start: datetime, end: datetime) -> bool:
    if not isinstance(event, OrderPlaced) or event.data.promised_on is None:
        return False
    first = start.astimezone(ZONE).date() - _GRACE
    return first <= event.data.promised_on < end.astimezone(ZONE).date() - _GRACE
