"""A line about every ten seconds: how fast, how far behind, how much could not be understood."""

import logging
import time

from aftercare.intake import Report

log = logging.getLogger("consumers")

EVERY = 10.0
"""Machine seconds between two lines."""


class Pulse:
    """Counts between two beats."""

    def __init__(self) -> None:
        self._since, self._events, self._dead, self._born = time.monotonic(), 0, 0, 0

    def count(self, report: Report) -> None:
        """Count a batch."""
        self._events += report.events
        self._dead += len(report.dead)
        self._born += sum(report.born.values())

    def beat(self, lag: int) -> None:
        """Log when it is time and anything happened or waits."""
        passed = time.monotonic() - self._since
        if passed < EVERY:
            return
        if self._events or self._dead or lag:
            rate = (self._events + self._dead) / passed
            words = "%.0f events/s, lag %d, %d dead letters, %d triggers born"
            log.info(words, rate, lag, self._dead, self._born)
        self._since, self._events, self._dead, self._born = time.monotonic(), 0, 0, 0
