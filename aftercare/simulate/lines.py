"""Reading a file of events as records: one CloudEvent a line, raw bytes where a line says so."""

import base64
import binascii
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from aftercare.errors import UsageError
from aftercare.events.types import ORDERS, TYPES
from aftercare.intake.model import Incoming

_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Line:
    """A record and when it arrives (None: with the one before it)."""

    incoming: Incoming
    time: datetime | None


def read_lines(path: Path) -> Iterator[Line]:
    """Lines of a file, gzipped or not. Raises UsageError when it cannot be read."""
    try:
        with path.open("rb") as raw:
            stream = gzip.GzipFile(fileobj=raw) if raw.peek(2)[:2] == _GZIP else raw
            for number, line in enumerate(stream):
                if line.strip():
                    yield parse_line(line.rstrip(b"\r\n"), number)
    except (OSError, EOFError, zlib.error) as error:
        words = getattr(error, "strerror", None) or "its gzip is damaged or cut short"
        raise UsageError(f"{path} cannot be read: {words}") from error


def parse_line(line: bytes, number: int) -> Line:
    """Topic and key follow from the event; what is not an event goes to `orders` as it is, so that
    the front door refuses it."""
    try:
        event = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Line(Incoming(ORDERS, 0, number, None, line), None)
    if not isinstance(event, dict):
        return Line(Incoming(ORDERS, 0, number, None, line), None)
    if isinstance(raw := event.get("aftercare.raw"), dict):
        return _raw(event, raw, number)
    data = event.get("data")
    key = data.get("customer_id") if isinstance(data, dict) else None
    cls = TYPES.get(str(event.get("type")))
    topic = (cls.topic if cls else None) or ORDERS
    return Line(Incoming(topic, 0, number, _bytes(key), line), _time(event.get("time")))


def _raw(event: dict[str, Any], raw: dict[str, Any], number: int) -> Line:
    try:
        value = base64.b64decode(str(raw.get("base64", "")))
    except binascii.Error:
        value = str(raw).encode("utf-8", "replace")
    topic = str(raw.get("topic", ORDERS))
    return Line(Incoming(topic, 0, number, _bytes(raw.get("key")), value), _time(event.get("time")))


def _bytes(key: object) -> bytes | None:
    return key.encode("utf-8", "surrogatepass") if isinstance(key, str) else None


def _time(text: object) -> datetime | None:
    try:
        moment = msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        return None
    return moment if moment.tzinfo else None
