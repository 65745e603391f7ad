"""Decoding and validating an event in one pass; every refusal has a stable reason and a place."""

import difflib
import re
from datetime import UTC, datetime

import msgspec

from aftercare.errors import EventError
from aftercare.events.types import TYPES, AnyEvent, CustomerEvent

LARGEST = 256 * 1024
"""Bytes of one event, at the most."""

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
"""Times outside of these are typing errors; plainly future ones are facts, and the gate's affair."""


class _Head(msgspec.Struct):
    """Just enough to tell why an event was refused."""

    type: str | None = None
    specversion: str | None = None


_decoder = msgspec.json.Decoder(AnyEvent)
_head = msgspec.json.Decoder(_Head)
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""An escaped NUL: an odd number of backslashes before u0000."""


def decode(value: bytes | None, *, topic: str | None = None, key: bytes | None = None) -> AnyEvent:
    """One event from its JSON bytes.

    topic: refuse types that belong elsewhere (customer events may come on any). key: refuse when it
    differs from the customer's id, because order is kept by key. Raises EventError, whose `reason`
    is one of: empty, too-large, not-utf8, not-json, not-cloudevents, unknown-type, bad-data,
    bad-text, bad-time, wrong-topic, wrong-key. Its words name places, never values.
    """
    if not value:
        raise EventError("empty", "the message has no value")
    if len(value) > LARGEST:
        raise EventError("too-large", f"the message has {len(value)} bytes; {LARGEST} are allowed")
    event = _decoded(value)
    _check_text(value)
    _check_time(event)
    if topic is not None and not isinstance(event, CustomerEvent) and event.topic != topic:
        raise EventError("wrong-topic", f"{event.type} belongs on topic {event.topic}")
    if topic is not None and key != event.data.customer_id.encode():
        raise EventError("wrong-key", "the message's key must be data.customer_id")
    return event


def encode(event: AnyEvent) -> bytes:
    """The event as JSON bytes."""
    return msgspec.json.encode(event)


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
        words = re.sub(r"'[^']*'|\"[^\"]*\"", "…", str(error))
        raise EventError("not-json", f"the message is not JSON: {words}") from None


def _refusal(value: bytes, words: str) -> EventError:
    """Why valid JSON is no event of ours. msgspec's words name places, and types, not values; save
    for an unknown type, which is told from the head."""
    try:
        head = _head.decode(value)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return EventError("not-cloudevents", "the message is no CloudEvent: `type` must be text")
    if head.specversion is None or head.type is None:
        return EventError("not-cloudevents", "the message is no CloudEvent: `specversion` or `type` is missing")
    if head.type not in TYPES:
        near = difflib.get_close_matches(head.type[:100], TYPES, n=1)
        mend = f"; did you mean {near[0]}?" if near else "; `aftercare events schema` lists the types"
        return EventError("unknown-type", f"the event's type is not known{mend}")
    return EventError("bad-data", words)


def _check_text(value: bytes) -> None:
    # Postgres keeps no NUL in text; and a lone surrogate is no character at all.
    if _NUL.search(value):
        raise EventError("bad-text", "the message holds a NUL character (\\u0000)")


def _check_time(event: AnyEvent) -> None:
    if not EARLIEST <= event.time <= LATEST:
        raise EventError("bad-time", "`time` is before 1990 or after 2200")
