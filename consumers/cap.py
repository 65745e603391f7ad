"""When most of what arrives cannot be understood, going on helps nobody."""

from collections import Counter, deque
from collections.abc import Sequence

from aftercare.errors import StreamError
from aftercare.intake import Dead


class TooManyDead(StreamError):
    """More than the allowed share of the last events are dead letters."""


class Cap:
    """Watches the share of dead letters among the last batches that hold enough events to judge."""

    def __init__(self, share: float, rows: int) -> None:
        self._share, self._rows = share, max(rows, 1)
        self._batches: deque[tuple[int, Counter[str]]] = deque()
        self._seen, self._reasons = 0, Counter[str]()

    def count(self, events: int, dead: Sequence[Dead]) -> None:
        """Count a batch of `events` understood and `dead` not. Raises TooManyDead."""
        self._add(events + len(dead), Counter(d.reason for d in dead))
        while self._seen - self._batches[0][0] >= self._rows:
            self._forget(*self._batches.popleft())
        if self._seen >= self._rows and self._reasons.total() > self._share * self._seen:
            raise TooManyDead(self._words())

    def _add(self, size: int, reasons: Counter[str]) -> None:
        self._batches.append((size, reasons))
        self._seen += size
        self._reasons += reasons

    def _forget(self, size: int, reasons: Counter[str]) -> None:
        self._seen -= size
        self._reasons -= reasons

    def _words(self) -> str:
        told = ", ".join(f"{number} {reason}" for reason, number in self._reasons.most_common(3))
        return (
            f"{self._reasons.total()} of the last {self._seen} events could not be understood "
            f"({told}): stopped. They are kept: `aftercare dead-letters list`. Mend the producer "
            "(`aftercare events check`), start again, and replay"
        )
