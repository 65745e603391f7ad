"""Waiting for a condition with a deadline, on the machine's own clock."""

import time
import urllib.error
import urllib.request
from collections.abc import Callable


def wait_until(ready: Callable[[], bool], seconds: float, pause: float = 0.05) -> bool:
    """Ask `ready` until it says yes or `seconds` have passed; returns its last answer."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() >= deadline:
            return False
        time.sleep(pause)
    return True


def http_ok(url: str) -> bool:
    """True when a GET of `url` answers 200 within two seconds."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own addresses
            return int(answer.status) == 200
    except (OSError, urllib.error.URLError, ValueError):
        return False
