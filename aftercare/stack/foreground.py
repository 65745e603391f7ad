"""Ending on Ctrl-C and SIGTERM alike, from anywhere in the main thread."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Told(BaseException):
    """Somebody asked this process to end (SIGINT or SIGTERM); not an error."""


@contextmanager
def until_told() -> Iterator[None]:
    """Run the body until it ends by itself or a signal ends it; both leave quietly.

    A second signal while the body cleans up is ignored: half-stopped servers help nobody.
    """
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, _tell) for number in numbers}
    try:
        yield
    except Told:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell(number: int, frame: FrameType | None) -> None:
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    raise Told
