"""When a batch is bad as a whole: judged on evidence only."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol

from aftercare.gate.model import Failure


class Bounds(Protocol):
    """`bad_share` of rows, judged from `min_rows` rows on."""

    @property
    def bad_share(self) -> float: ...

    @property
    def min_rows(self) -> int: ...


def judge_share(
    kind: str, rows: int, failures: Mapping[str, Sequence[Failure]], bounds: Bounds
) -> str | None:
    """Why the batch stops, or None. Three bad rows of four are three bad rows, not an outage."""
    bad = len(failures)
    if rows < bounds.min_rows or bad <= bounds.bad_share * rows:
        return None
    # A row counts once for the same words; dict.fromkeys keeps the order, so that ties are stable.
    words = Counter(w for found in failures.values() for w in dict.fromkeys(f.words for f in found))
    first, number = words.most_common(1)[0]
    return f"{bad} of {rows} rows are bad, {number} of them because {first}"
