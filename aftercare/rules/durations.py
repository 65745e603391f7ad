"""Durations as people write them: 90m, 2h, 3d, 1d12h."""

import re
from datetime import timedelta

from aftercare.errors import RuleError

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_PART = re.compile(r"(\d{1,6})([smhdw])")
_WHOLE = re.compile(r"^(\d{1,6}[smhdw])+$", re.ASCII)
_LONGEST = timedelta(days=3660)


def duration(text: object) -> timedelta:
    """Read a duration. Raises RuleError when it is not one, or longer than ten years."""
    if not isinstance(text, str) or not _WHOLE.match(text.strip()):
        raise RuleError(f"{text!r} is not a duration; write 90m, 2h, 3d or 1d12h")
    parts = _PART.findall(text.strip())
    found = sum((timedelta(**{_UNITS[u]: int(n)}) for n, u in parts), timedelta())
    if found > _LONGEST:
        raise RuleError(f"{text!r} is longer than ten years")
    return found


def in_words(span: timedelta) -> str:
    """The same, written: `3d`, `1d12h`, `90m` as `1h30m`; `at once` for none."""
    seconds = int(span.total_seconds())
    parts = []
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        parts += [f"{count}{unit}"] if count else []
    return "".join(parts) or "at once"
