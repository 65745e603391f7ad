"""Playing a file of events to Kafka at the pace of the care clock."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console

from aftercare.clock import Clock, ScaledClock
from aftercare.errors import StreamError
from aftercare.intake.revival import Header, headers
from aftercare.settings import Settings
from aftercare.simulate.lines import Line, read_lines
from aftercare.sources.connection import PATIENCE_MS, connection_options, kafka_away
from aftercare.sources.pace import Pace, clock_for
from aftercare.sources.progress import progress_of
from aftercare.sources.topics import ensure_topics

LONGEST_NAP = 0.5
"""Machine seconds; short, so that a clock that jumps is noticed."""

LINGER_MS = 20
"""When nothing waits for its time, records are gathered into bigger batches."""

Failed = Callable[[BaseException], None]


class Sink(Protocol):
    """Takes records in their order. `failed` hears of one that was not accepted, perhaps later."""

    def send(self, topic: str, key: bytes | None, value: bytes | None, failed: Failed) -> None: ...

    def flush(self) -> None:
        """Wait until everything sent was accepted or has failed."""
        ...


@dataclass
class Played:
    """What was sent, by topic, and what Kafka did not take."""

    sent: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)


def play(
    lines: Iterable[Line],
    sink: Sink,
    clock: Clock | None,
    *,
    sleep: Callable[[float], None] = time.sleep,
    heard: Callable[[Line], None] = lambda _: None,
) -> Played:
    """Send every line when the clock has reached its time; late ones, and all without a clock, at
    once. Lines that are no events are sent as they are, with the line before them.

    `heard` is called after each line. Raises StreamError when Kafka did not take some.
    """
    played = Played()
    for line in lines:
        if clock is not None and line.time is not None:
            wait_for(line.time, clock, sleep)
        record = line.incoming
        sink.send(record.topic, record.key, record.value, _counting(played))
        played.sent[record.topic] += 1
        heard(line)
    sink.flush()
    _refuse_failures(played)
    return played


def play_file(
    file: Path,
    settings: Settings,
    pace: Pace | None = None,
    *,
    since: datetime | None = None,
    console: Console | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Played:
    """Play a file to the settings' Kafka, by the settings' clock or else by `pace`; topics are made
    when missing. Progress goes to `console` (standard error); `say` hears of a clock that starts
    here, so that other processes can be given the same. What happened at `since` (aware) or later
    may be told even when it is too late by its rule; without it, too late stays unsaid.

    Raises UsageError, SettingsError or StreamError.
    """
    pace = pace or Pace()
    total, first = _measure(file)
    clock = clock_for(pace, settings.clock, first)
    if isinstance(clock, ScaledClock) and not settings.clock:
        say(f"AFTERCARE_CLOCK={clock}")
    options = connection_options(settings)
    ensure_topics(settings.kafka, settings.partitions, settings.replication, options)
    with (
        progress_of(total, console or Console(stderr=True)) as heard,
        kafka_sink(options, linger_ms=0 if clock else LINGER_MS, since=since) as sink,
    ):
        return play(read_lines(file), sink, clock, heard=heard)


def _measure(file: Path) -> tuple[int, datetime | None]:
    """How many lines there are and the first time among them, in one pass."""
    total, first = 0, None
    for line in read_lines(file):
        total += 1
        first = first or line.time
    return total, first


def wait_for(moment: datetime, clock: Clock, sleep: Callable[[float], None]) -> None:
    """Sleep until the care clock has reached a moment."""
    while (remaining := (moment - clock.now()).total_seconds() / clock.scale) > 0:
        sleep(min(remaining, LONGEST_NAP))


@contextmanager
def kafka_sink(
    options: Mapping[str, Any], *, linger_ms: int = 0, since: datetime | None = None
) -> Iterator[Sink]:
    """An idempotent producer on the brokers of `connection_options`; `since`: the consent that each
    record carries. Raises StreamError."""
    from kafka import KafkaProducer
    from kafka.errors import KafkaError

    given = {"bootstrap_timeout_ms": PATIENCE_MS, "linger_ms": linger_ms, **options}
    try:
        producer = KafkaProducer(**given, enable_idempotence=True, acks="all")
    except KafkaError as error:
        raise kafka_away(given, error) from error
    try:
        yield _KafkaSink(producer, headers(since))
    except KafkaError as error:
        raise kafka_away(given, error) from error
    finally:
        producer.close(timeout=10)


@dataclass(frozen=True)
class _KafkaSink:
    producer: Any
    headers: list[Header]

    def send(self, topic: str, key: bytes | None, value: bytes | None, failed: Failed) -> None:
        from kafka.errors import MessageSizeTooLargeError

        try:
            sent = self.producer.send(topic, key=key, value=value, headers=self.headers)
            sent.add_errback(failed)
        except MessageSizeTooLargeError as error:
            failed(error)

    def flush(self) -> None:
        self.producer.flush(timeout=60)


def _counting(played: Played) -> Failed:
    def failed(error: BaseException) -> None:
        played.failed[type(error).__name__] += 1

    return failed


def _refuse_failures(played: Played) -> None:
    if played.failed:
        reasons = ", ".join(f"{number} {name}" for name, number in played.failed.items())
        raise StreamError(
            f"Kafka did not take {played.failed.total()} of {played.sent.total()} events: {reasons}"
        )
