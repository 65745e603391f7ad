"""index.jsonl: one line a mail, so that the page never has to open the mails themselves."""

import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from aftercare.message import Mail


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows of one mail. `at` is care time, UTC; `day` its folder."""

    id: str
    at: datetime
    day: str
    to: str
    kind: str
    rule: str
    language: str
    subject: str
    preheader: str = ""

    @classmethod
    def of(cls, mail: Mail, at: datetime) -> "Entry":
        """The entry of a mail kept at care time `at`."""
        return cls(
            id=mail.follow_up_id,
            at=at.astimezone(UTC).replace(microsecond=0),
            day=f"{at:%Y-%m-%d}",
            to=mail.to.name or mail.to.email,
            kind=mail.kind,
            rule=mail.rule,
            language=mail.language,
            subject=mail.subject,
            preheader=mail.preheader,
        )


def append(folder: Path, entry: Entry) -> None:
    """Add one line; the caller holds the outbox's lock. Not synced: the .eml is what counts."""
    with (folder / "index.jsonl").open("ab+") as file:
        line = msgspec.json.encode(entry) + b"\n"
        file.write(line if _ends_whole(file.fileno()) else b"\n" + line)


def _ends_whole(handle: int) -> bool:
    # A line that a crash or a full disk tore must not take the next one with it.
    size = os.fstat(handle).st_size
    return size == 0 or os.pread(handle, 1, size - 1) == b"\n"


def entries(folder: Path) -> list[Entry]:
    """Every kept mail, newest first, once. Torn lines and lines without a mail are skipped."""
    path = folder / "index.jsonl"
    if not path.exists():
        return []
    kept = {file.stem for file in folder.glob("*/*.eml")}
    found: dict[str, Entry] = {}
    for line in path.read_bytes().splitlines():
        entry = _read(line)
        if entry is not None and entry.id in kept:
            found[entry.id] = entry
    return sorted(found.values(), key=lambda entry: (entry.at, entry.id), reverse=True)


def _read(line: bytes) -> Entry | None:
    try:
        return msgspec.json.decode(line, type=Entry)
    except msgspec.MsgspecError:
        return None
