"""Lists cut to what one statement takes: databases limit how many values it may name."""

from collections.abc import Iterable, Iterator

AT_ONCE = 500


def slices(items: Iterable[str]) -> Iterator[list[str]]:
    """Sorted, so that everybody who locks rows by them does so in one order."""
    ordered = sorted(items)
    for start in range(0, len(ordered), AT_ONCE):
        yield ordered[start : start + AT_ONCE]
