"""A line about every ten seconds: how fast, how far behind, how much could not be understood; and a
file whose age tells a health check whether we still go round."""

import logging
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from aftercare.intake import Report

log = logging.getLogger("consumers")

EVERY = 10.0
"""Machine seconds between two lines."""


class Pulse:
    """Counts between two beats. `alive`: a file that every beat touches; None: no file."""

    def __init__(self, alive: Path | None = None) -> None:
        self._alive, self._since = alive, time.monotonic()
        self._counts: Counter[str] = Counter()

    def count(self, report: Report) -> None:
        """Count a batch."""
        self._counts += Counter(
            events=report.events,
            dead=len(report.dead),
            born=sum(report.born.values()),
            late=sum(report.expired.values()),
        )

    def beat(self, lag: int) -> None:
        """Show that we live; log when it is time and anything happened or waits."""
        if self._alive is not None:
            # Whoever looks at the file sees its age; not being able to write it is a sign as well.
            with suppress(OSError):
                self._alive.touch()
        passed = time.monotonic() - self._since
        if passed < EVERY:
            return
        if self._counts or lag:
            log.info("%s", _words(self._counts, passed, lag))
        self._since, self._counts = time.monotonic(), Counter()


def _words(counts: Counter[str], seconds: float, lag: int) -> str:
    rate = (counts["events"] + counts["dead"]) / seconds
    words = f"{rate:.0f} events/s, lag {lag}, {counts['dead']} dead letters"
    words += f", {counts['born']} triggers born"
    return f"{words}, {counts['late']} too late to be told" if counts["late"] else words
