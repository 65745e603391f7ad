"""Which clock a file is played by."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from aftercare.clock import Clock, ScaledClock, clock_from
from aftercare.errors import UsageError

WEEK = timedelta(days=7)
FASTEST = 1_000_000


@dataclass(frozen=True)
class Pace:
    """What the command line says: at most one of them."""

    week_in: timedelta | None = None
    scale: float | None = None
    instant: bool = False


def clock_for(pace: Pace, setting: str, first: datetime | None) -> Clock | None:
    """The clock to play by; None: all at once.

    setting: AFTERCARE_CLOCK, which goes before all. first: the care time a new scaled clock starts
    at, that of the file's first event. Raises UsageError when the words do not fit together.
    """
    scale = scale_of(pace)
    if pace.instant:
        return None
    if scale is None:
        return clock_from(setting)
    if setting:
        raise UsageError("AFTERCARE_CLOCK is set and gives the pace; leave --scale and --week-in")
    if first is None:
        raise UsageError("no event in the file has a time, so no clock can start there; --instant")
    return ScaledClock(first, time.time(), scale)


def scale_of(pace: Pace) -> float | None:
    """Care seconds per machine second, when the pace gives it. Raises UsageError."""
    given = (pace.week_in is not None) + (pace.scale is not None) + pace.instant
    if given > 1:
        raise UsageError("give one of --week-in, --scale and --instant")
    if pace.week_in is not None:
        return WEEK / max(pace.week_in, timedelta(seconds=1))
    if pace.scale is not None and not 0 < pace.scale <= FASTEST:
        raise UsageError(f"--scale must be more than 0 and at most {FASTEST:,}, e.g. 5040")
    return pace.scale
