"""One mail as files: whole or not at all, and once.

The order of writing is what a crash leaves behind:

    .eml under a temporary name, fsync     a crash: a hidden leftover, nothing was accepted
    .html and .txt for reading             a crash: as above, and they are written again
    line in index.jsonl                    a crash: a line without its mail, which the page skips
    rename to <follow_up_id>.eml           from here on it is accepted
"""

import os
import tempfile
from datetime import datetime
from pathlib import Path

from aftercare.errors import UnknownSendError
from aftercare.message import Mail
from aftercare.senders.outbox.index import Entry, append
from aftercare.senders.outbox.lock import locked
from aftercare.senders.writing import as_message


def find(folder: Path, follow_up_id: str) -> Path | None:
    """The kept .eml of a follow-up, whatever day it was written on."""
    days = (day for day in os.scandir(folder) if day.is_dir()) if folder.is_dir() else ()
    kept = (Path(day.path, f"{follow_up_id}.eml") for day in days)
    return next((path for path in kept if path.exists()), None)


def keep(folder: Path, mail: Mail, at: datetime) -> bool:
    """Write one mail unless it is there already; returns whether it was written.

    at: care time. Raises OSError while nothing is accepted yet, UnknownSendError afterwards.
    """
    if find(folder, mail.follow_up_id):
        return False
    message = as_message(mail, at)
    day = folder / f"{at:%Y-%m-%d}"
    day.mkdir(parents=True, exist_ok=True)
    unfinished = _write_durably(day, message)
    try:
        _write_readable(day, mail)
        return _publish(folder, day, unfinished, Entry.of(mail, at))
    finally:
        unfinished.unlink(missing_ok=True)


def _publish(folder: Path, day: Path, unfinished: Path, entry: Entry) -> bool:
    with locked(folder, "outbox"):
        # Asked again under the lock: another process may have kept it meanwhile.
        if find(folder, entry.id):
            return False
        append(folder, entry)
        os.rename(unfinished, day / f"{entry.id}.eml")
    try:
        _sync_folder(day)
    except OSError as error:
        # It has its final name, so it counts as accepted; saying "temporary" would write it twice.
        raise UnknownSendError(f"the disk did not confirm the outbox: {error.strerror}") from error
    return True


def _write_durably(day: Path, content: bytes) -> Path:
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=day)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    os.chmod(name, 0o644)
    return Path(name)


def _write_readable(day: Path, mail: Mail) -> None:
    (day / f"{mail.follow_up_id}.html").write_text(mail.html, encoding="utf-8")
    # A byte order mark: browsers guess the encoding of a text file opened from disk.
    (day / f"{mail.follow_up_id}.txt").write_text(mail.text, encoding="utf-8-sig")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
