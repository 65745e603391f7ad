"""A line about every ten seconds: how fast, how far behind, how much could not be understood; and a
file whose age tells a health check whether we still go round."""

import logging
import time
from contextlib import suppress
from pathlib import Path

from aftercare.intake import Report

log = logging.getLogger("consumers")

EVERY = 10.0
"""Machine seconds between two lines."""


class Pulse:
    """Counts between two beats. `alive`: a file that every beat touches; None: no file."""

    def __init__(self, alive: Path | None = None) -> None:
        self._alive = alive
        self._since, self._events, self._dead, self._born = time.monotonic(), 0, 0, 0

    def count(self, report: Report) -> None:
        """Count a batch."""
        self._events += report.events
        self._dead += len(report.dead)
        self._born += sum(report.born.values())

    def beat(self, lag: int) -> None:
        """Show that we live; log when it is time and anything happened or waits."""
        if self._alive is not None:
            # Whoever looks at the file sees its age; not being able to write it is a sign as well.
            with suppress(OSError):
                self._alive.touch()
        passed = time.monotonic() - self._since
        if passed < EVERY:
            return
        if self._events or self._dead or lag:
            rate = (self._events + self._dead) / passed
            words = "%.0f events/s, lag %d, %d dead letters, %d triggers born"
            log.info(words, rate, lag, self._dead, self._born)
        self._since, self._events, self._dead, self._born = time.monotonic(), 0, 0, 0
