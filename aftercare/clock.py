"""The care clock: what time it is for due dates, expiry and quiet hours.

Two clocks exist. The care clock is passed in and can be scaled or simulated; leases, time-outs and
back-off run on the machine's own clock. `AFTERCARE_CLOCK` is understood alike by every process:

    (empty)                                  the machine's time
    2017-11-20T00:00:00Z@1766000000x5040     at machine second 1766000000 it was that care time,
                                             and one machine second is 5040 care seconds
"""

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from aftercare.errors import SettingsError


class Clock(Protocol):
    """Anything that tells the care time (aware, UTC) and how fast it runs."""

    @property
    def scale(self) -> float:
        """Care seconds per machine second; 1.0 in production."""
        ...

    def now(self) -> datetime:
        """The care time, timezone-aware, UTC."""
        ...


@dataclass(frozen=True)
class SystemClock:
    """The machine's own time."""

    scale: float = 1.0

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True)
class ScaledClock:
    """Care time that began at `start` at machine second `anchor` and runs `scale` times as fast."""

    start: datetime
    anchor: float
    scale: float

    def now(self) -> datetime:
        return self.start + timedelta(seconds=(time.time() - self.anchor) * self.scale)

    def __str__(self) -> str:
        return f"{self.start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}@{self.anchor:.3f}x{self.scale:g}"


@dataclass
class ManualClock:
    """A clock that stands until it is moved: simulator and tests."""

    moment: datetime
    scale: float = 1.0

    def now(self) -> datetime:
        return self.moment

    def move_to(self, moment: datetime) -> None:
        """Set the care time; earlier moments are allowed, so that tests can jump back."""
        self.moment = moment


_SCALED = re.compile(r"^(?P<start>\S+?)@(?P<anchor>\d+(\.\d+)?)x(?P<scale>\d+(\.\d+)?)$")


def clock_from(text: str) -> Clock:
    """Read `AFTERCARE_CLOCK`. Raises SettingsError when it is neither empty nor a scaled clock."""
    if not text:
        return SystemClock()
    match = _SCALED.match(text)
    if match is None:
        raise SettingsError(
            f"AFTERCARE_CLOCK is {text!r}; write nothing for real time, or "
            "<RFC 3339 start>@<machine seconds>x<scale>, e.g. 2026-01-05T00:00:00Z@1767571200x5040"
        )
    try:
        start = datetime.fromisoformat(match["start"])
    except ValueError as error:
        raise SettingsError(f"AFTERCARE_CLOCK: {match['start']!r} is not RFC 3339") from error
    if start.tzinfo is None:
        raise SettingsError("AFTERCARE_CLOCK: the start needs a time zone, e.g. a final Z")
    return ScaledClock(start, float(match["anchor"]), float(match["scale"]))
