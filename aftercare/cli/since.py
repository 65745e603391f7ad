"""`--since`: the consent to tell what is too late."""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M"]
"""A day, or a minute of it."""

Since = Annotated[
    datetime | None,
    typer.Option(
        formats=FORMATS,
        help="tell what happened from this day (the shop's) on, even when it is too late by its rule",
    ),
]


def in_zone(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    """A day or minute as the shop counts it, aware; None stays None."""
    return moment.replace(tzinfo=zone) if moment is not None else None
