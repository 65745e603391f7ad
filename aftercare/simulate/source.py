"""Where the events come from: a file that can be read more than once."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aftercare.errors import UsageError

STDIN = "-"


@contextmanager
def rereadable(file: Path) -> Iterator[Path]:
    """The file itself; a copy of standard input (`-`) or of a pipe, gone at the end. A simulation
    may have to read its events twice. Raises UsageError when there is nothing to read."""
    if file.is_file():
        yield file
        return
    if str(file) != STDIN:
        _refuse(file)
    with tempfile.TemporaryDirectory(prefix="aftercare-events-") as folder:
        yield _copied(file, Path(folder) / "events")


def _refuse(file: Path) -> None:
    if file.is_dir():
        inside = next(iter(sorted(file.glob("*.jsonl*"))), None)
        hint = f", e.g. {inside}" if inside else "; `aftercare import olist` and the demo make some"
        raise UsageError(f"{file} is a folder; name a file of events in it{hint}")
    if not file.exists():
        raise UsageError(
            f"there is no file {file}; `aftercare import olist FOLDER --out {file}` makes one, "
            "and - reads standard input"
        )


def _copied(file: Path, copy: Path) -> Path:
    try:
        with copy.open("wb") as out:
            if str(file) == STDIN:
                shutil.copyfileobj(sys.stdin.buffer, out)
            else:
                with file.open("rb") as pipe:
                    shutil.copyfileobj(pipe, out)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror or error}") from error
    return copy
