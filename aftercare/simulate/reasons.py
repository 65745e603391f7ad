"""Reasons made alike, so that they can be counted together."""

import re

_PARTICULAR = re.compile(r" \([^()]*\)(?=$|[;:,])| for \d{4}-\d\d(-\d\d)?\b")


def general(reason: str) -> str:
    """A reason without its particulars: what differs from case to case (ids, times) stands in
    parentheses. What a late one was held for is kept: it explains the lateness."""
    head, _, held = reason.partition("; before that: ")
    words = f"{head}, after being held: {held}" if held else head
    return _PARTICULAR.sub("", words)
