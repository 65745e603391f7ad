"""The nearest right name, for errors that mend themselves."""

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str], *, prefix: str = "") -> str:
    """`; did you mean …?`, or what there is when nothing is near."""
    choices = sorted(known)
    close = difflib.get_close_matches(name, choices, n=1)
    if close:
        return f"; did you mean {prefix}{close[0]}?"
    more = ", …" if len(choices) > 12 else ""
    return f"; there are {', '.join(choices[:12])}{more}" if choices else "; there are none"
