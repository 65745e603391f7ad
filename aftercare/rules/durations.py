"""Durations as people write them: 90m, 2h, 3d, 1d12h."""

import re
from datetime import timedelta

from aftercare.errors import RuleError

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_PART = re.compile(r"(\d+)([smhdw])")
_WHOLE = re.compile(r"^(\d+[smhdw])+$")


def duration(text: object) -> timedelta:
    """Read a duration. Raises RuleError when it is not one."""
    if not isinstance(text, str) or not _WHOLE.match(text.strip()):
        raise RuleError(f"{text!r} is not a duration; write 90m, 2h, 3d or 1d12h")
    parts = _PART.findall(text.strip())
    return sum((timedelta(**{_UNITS[u]: int(n)}) for n, u in parts), timedelta())
