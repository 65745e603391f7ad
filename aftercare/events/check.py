"""What is wrong with each line of a file of events, and how to mend it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from aftercare.errors import EventError
from aftercare.events.decode import LARGEST, decode

MENDS = {
    "empty": "leave the line out",
    "too-large": f"keep an event under {LARGEST // 1024} KiB; put long texts elsewhere",
    "not-utf8": "write the file in UTF-8",
    "not-json": "write one JSON object a line; no comments, no NaN, no trailing commas",
    "not-cloudevents": "write CloudEvents 1.0: specversion, id, source, type, time, data",
    "unknown-type": "use a type that `aftercare events schema` lists",
    "bad-data": "compare with `aftercare events schema TYPE`",
    "bad-text": "leave NUL characters out of texts",
    "bad-time": "write RFC 3339 with a zone, e.g. 2026-01-05T14:30:00-03:00",
    "wrong-topic": "send it to the topic its schema names",
    "wrong-key": "use data.customer_id as the key",
}
"""What to do about each reason that `decode` refuses with."""


@dataclass(frozen=True)
class Message:
    """One line as it would reach Kafka; `number` counts from 1."""

    number: int
    topic: str
    key: bytes | None
    value: bytes | None


@dataclass(frozen=True)
class Fault:
    """What is wrong with one line; no values of the line in it."""

    number: int
    reason: str
    words: str

    @property
    def mend(self) -> str:
        return MENDS[self.reason]


def faults(messages: Iterable[Message]) -> Iterator[Fault | None]:
    """For each message its fault, or None when it is understood."""
    for message in messages:
        try:
            decode(message.value, topic=message.topic, key=message.key)
            yield None
        except EventError as error:
            yield Fault(message.number, error.reason, str(error))
