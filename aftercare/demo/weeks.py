"""The weeks that a demo can play: our invented shop's, or a real one of Olist."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

SHOP_START = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
"""A Monday, midnight in São Paulo."""


@dataclass(frozen=True)
class Week:
    """Events by arrival, from when until when the clock runs through them."""

    title: str
    start: datetime
    end: datetime
    lines: Iterable[Any]


def shop_week(seed: int) -> Week:
    """A small shop's eventful week, made up by us."""
    from aftercare.demo.scenario import scenario

    end = SHOP_START + timedelta(days=7)
    return Week("A small shop's eventful week", SHOP_START, end, scenario(seed, SHOP_START))


def olist_week(folder: Path) -> Week:
    """The week of the pack in which most parcels came late."""
    from aftercare.demo.olist_week import BUSY, week_of_olist

    start = BUSY.astimezone(UTC)
    end = start + timedelta(days=7)
    return Week("A real week of Olist, December 2017", start, end, week_of_olist(folder, start))
