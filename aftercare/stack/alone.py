"""One stack at a time in a home folder: two would write over each other's files."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from aftercare.stack.errors import StackError

LOCK = "stack.lock"
"""Held by a running stack; it names the process. The system lets it go however that one ends."""


@contextmanager
def alone_in(home: Path) -> Iterator[None]:
    """Hold the home for as long as the body runs. Raises StackError when somebody else does."""
    with _held(home):
        yield


def empty(home: Path) -> None:
    """Remove everything in a home but the lock that is held on it."""
    for each in home.iterdir():
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each, ignore_errors=True)
        elif each.name != LOCK:
            with suppress(OSError):
                each.unlink()


def _held(home: Path) -> TextIO:
    try:
        home.mkdir(parents=True, exist_ok=True)
        file = (home / LOCK).open("a+")
        _take(file, home)
        return file
    except OSError as error:
        raise StackError(
            f"the home {home} cannot be used ({error.strerror}); mend it, or choose another folder "
            "with AFTERCARE_HOME"
        ) from error


def _take(file: TextIO, home: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.seek(0)
        raise StackError(
            f"another stack runs in {home.resolve()} (process {file.read() or '?'}); stop that one, "
            "or give this one a folder of its own (AFTERCARE_HOME; --home of the demo)"
        ) from error
    file.truncate(0)
    os.write(file.fileno(), str(os.getpid()).encode())
