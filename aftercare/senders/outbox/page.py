"""index.html: the outbox as an inbox, one file that needs no server and no network."""

import base64
import hashlib
import os
import tempfile
from pathlib import Path

import msgspec

from aftercare.senders.outbox.index import Entry, entries
from aftercare.senders.outbox.lock import locked

_PARTS = Path(__file__).parent
_UNSAFE = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}


def build_index(folder: Path) -> Path:
    """Write `<folder>/index.html` from index.jsonl; returns its path. Safe under several
    processes: the last one to finish has read everything before it. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "index.html"
    with locked(folder, "page"):
        _replace(page, render(entries(folder)))
    return page


def render(mails: list[Entry]) -> str:
    """The page. Mails travel as JSON and reach the page as text, never as markup."""
    script = (_PARTS / "page.js").read_text("utf-8")
    style = (_PARTS / "page.css").read_text("utf-8")
    page = (_PARTS / "page.html").read_text("utf-8")
    data = msgspec.json.encode(mails).decode().translate(_UNSAFE)
    # The data goes in last: nothing in it may be taken for a place to fill.
    for place, text in (
        ("@script-hash@", _hash(script)),
        ("@style@", style),
        ("@script@", script),
        ("@mails@", data),
    ):
        page = page.replace(place, text, 1)
    return page


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _replace(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
