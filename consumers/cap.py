"""When most of what arrives cannot be understood, going on helps nobody."""

from collections import Counter, deque
from collections.abc import Sequence

from aftercare.errors import StreamError
from aftercare.intake import Dead


class Cap:
    """Watches the share of dead letters among the last events; judged only with enough of them."""

    def __init__(self, share: float, rows: int) -> None:
        self._share, self._rows = share, rows
        self._seen: deque[str] = deque(maxlen=rows)

    def count(self, events: int, dead: Sequence[Dead]) -> None:
        """Count a batch. Raises StreamError when more than the share of the last ones were dead."""
        self._seen.extend([""] * events)
        self._seen.extend(d.reason for d in dead)
        reasons = Counter(reason for reason in self._seen if reason)
        if len(self._seen) < self._rows or reasons.total() <= self._share * len(self._seen):
            return
        told = ", ".join(f"{number} {reason}" for reason, number in reasons.most_common(3))
        raise StreamError(
            f"{reasons.total()} of the last {len(self._seen)} events could not be understood ({told}): "
            "stopped. They are kept: `aftercare dead-letters list`. Mend the producer (`aftercare "
            "events check`), start again, and replay"
        )
