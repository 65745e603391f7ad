"""Writing files of events: one CloudEvent a line."""

import gzip
from collections.abc import Iterable
from pathlib import Path

from aftercare.errors import UsageError
from aftercare.events.decode import encode
from aftercare.events.types import AnyEvent


def write_events(path: Path, events: Iterable[AnyEvent]) -> int:
    """Write events in their order, gzipped when the name ends in .gz; returns how many."""
    return write_lines(path, (encode(event) for event in events))


def write_lines(path: Path, lines: Iterable[bytes]) -> int:
    """Write lines; the file appears when it is whole. Returns how many. Raises UsageError."""
    part = path.with_name(path.name + ".part")
    try:
        with gzip.open(part, "wb") if path.suffix == ".gz" else part.open("wb") as file:
            written = 0
            for line in lines:
                file.write(line + b"\n")
                written += 1
        part.replace(path)
        return written
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)
