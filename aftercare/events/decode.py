"""Decoding and validating an event in one pass; every refusal has a stable reason and a place."""

import difflib
import re
from datetime import UTC, datetime

import msgspec

from aftercare.errors import EventError
from aftercare.events.types import TYPES, AnyEvent, CustomerEvent, OrderPlaced

LARGEST = 256 * 1024
"""Bytes of one event, at the most."""

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
"""Times outside of these are typing errors; plainly future ones are facts, and the gate's affair."""


class _Head(msgspec.Struct):
    """Just enough to tell why an event was refused."""

    type: str | None = None
    specversion: str | None = None


_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
_head = msgspec.json.Decoder(_Head)
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""An escaped NUL: an odd number of backslashes before u0000."""

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_VALUE = re.compile(r"^Invalid enum value .*?(?= - at `|$)", re.DOTALL)


def decode(value: bytes | None, *, topic: str | None = None, key: bytes | None = None) -> AnyEvent:
    """One event from its JSON bytes; a missing `specversion` is read as 1.0.

    topic: refuse types that belong elsewhere (customer events may come on any), and keys that
    differ from the customer's id, because order is kept by key. Raises EventError, whose `reason`
    is one of: empty, too-large, not-utf8, not-json, not-cloudevents, unknown-type, bad-data,
    bad-text, bad-time, wrong-topic, wrong-key. Its words name places, never values.
    """
    if not value:
        raise EventError("empty", "the message has no value")
    if len(value) > LARGEST:
        raise EventError("too-large", f"the message has {len(value)} bytes; {LARGEST} are allowed")
    event = _decoded(value)
    _check_text(value)
    _check_times(event)
    if topic is not None:
        _check_place(event, topic, key)
    return event


def encode(event: AnyEvent) -> bytes:
    """The event as JSON bytes, with `specversion` first."""
    # Defaults are left out, and CloudEvents wants this one said.
    return b'{"specversion":"1.0",' + msgspec.json.encode(event)[1:]


def _decoded(value: bytes) -> AnyEvent:
    try:
        return _decoder.decode(value)
    except msgspec.ValidationError as error:
        raise _refusal(value, str(error)) from None
    except UnicodeDecodeError:
        raise EventError("not-utf8", "the message is not UTF-8") from None
    except RecursionError:
        raise EventError("not-json", "the message is nested too deeply") from None
    except (msgspec.DecodeError, ValueError) as error:
        words = _QUOTED.sub("…", str(error))
        raise EventError("not-json", f"the message is not JSON: {words}") from None


def _refusal(value: bytes, words: str) -> EventError:
    """Why valid JSON is no event of ours. msgspec's words name places and types; the two that quote
    a value, an unknown type and an unknown choice, are told in our own."""
    try:
        head = _head.decode(value)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        whole = "`type` must be text" if value.lstrip()[:1] == b"{" else "it must be a JSON object"
        return EventError("not-cloudevents", f"the message is no CloudEvent: {whole}")
    if head.type is None or head.specversion is None:
        missing = "type" if head.type is None else "specversion"
        return EventError("not-cloudevents", f"the message is no CloudEvent: no `{missing}`")
    if head.specversion != "1.0":
        return EventError("not-cloudevents", "the message's `specversion` is not 1.0")
    if head.type not in TYPES:
        near = difflib.get_close_matches(head.type[:100], TYPES, n=1)
        mend = f"did you mean {near[0]}?" if near else "`aftercare events schema` lists the types"
        return EventError("unknown-type", f"the event's type is not known; {mend}")
    return EventError("bad-data", _VALUE.sub("Not one of the allowed words", words))


def _check_text(value: bytes) -> None:
    # Postgres keeps no NUL in text; the plain search spares nearly every event the regex.
    if b"\\u0000" in value and _NUL.search(value):
        raise EventError("bad-text", "the message holds a NUL character (\\u0000)")
    # Fields that nobody reads are skipped undecoded, yet dead or alive a message is text.
    if not value.isascii():
        try:
            value.decode()
        except UnicodeDecodeError:
            raise EventError("not-utf8", "the message is not UTF-8") from None


def _check_times(event: AnyEvent) -> None:
    if not EARLIEST <= event.time <= LATEST:
        raise EventError("bad-time", "`$.time` is before 1990 or after 2200")
    promised_on = event.data.promised_on if isinstance(event, OrderPlaced) else None
    # Days are reckoned with in the shop's zone, which must not leave the calendar.
    if promised_on and not EARLIEST.date() <= promised_on <= LATEST.date():
        raise EventError("bad-time", "`$.data.promised_on` is before 1990 or after 2200")


def _check_place(event: AnyEvent, topic: str, key: bytes | None) -> None:
    if not isinstance(event, CustomerEvent) and event.topic != topic:
        raise EventError("wrong-topic", f"{event.type} belongs on topic {event.topic}")
    if key != event.data.customer_id.encode():
        raise EventError("wrong-key", "the message's key must be data.customer_id")
