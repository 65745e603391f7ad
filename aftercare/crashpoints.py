"""Named points at which a test may kill this process; in production they do nothing.

`CRASHPOINT=before-send` kills at the first visit of that point, `CRASHPOINT=before-send:3` at the
third. The kill is SIGKILL: nothing is cleaned up, as when a machine loses its power.
`CRASHPOINT=stop@before-send` stops the process there (SIGSTOP) until somebody lets it go on, as when
a machine stands still for longer than a lease.
"""

import os
import signal
from collections import Counter

_visits: Counter[str] = Counter()


def reach(name: str) -> None:
    """Say that a named point is reached."""
    wanted = os.environ.get("CRASHPOINT")
    if not wanted:
        return
    wanted, stops = wanted.removeprefix("stop@"), wanted.startswith("stop@")
    point, _, number = wanted.partition(":")
    if point == name:
        _visits[name] += 1
        if _visits[name] == int(number or 1):
            os.kill(os.getpid(), signal.SIGSTOP if stops else signal.SIGKILL)
