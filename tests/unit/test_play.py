"""Playing a file: the pace, the order, and what is sent as it is."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aftercare.clock import ManualClock, ScaledClock, SystemClock
from aftercare.errors import StreamError, UsageError
from aftercare.simulate.lines import Line, parse_line, read_lines
from aftercare.sources.pace import Pace, clock_for
from aftercare.sources.player import Failed, play
from tests.unit.test_event_decode import event

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


class Noting:
    """A sink that notes what it gets and when; it may refuse a topic."""

    def __init__(self, clock: ManualClock, refused: str = "") -> None:
        self.clock, self.refused = clock, refused
        self.got: list[tuple[datetime, str, bytes | None, bytes | None]] = []
        self.flushed = 0

    def send(self, topic: str, key: bytes | None, value: bytes | None, failed: Failed) -> None:
        self.got.append((self.clock.now(), topic, key, value))
        if topic == self.refused:
            failed(OSError("refused"))

    def flush(self) -> None:
        self.flushed = len(self.got)


def line(minutes: float, kind: str = "order.placed") -> Line:
    time = (NOON + timedelta(minutes=minutes)).isoformat()
    return parse_line(json.dumps(event(type=kind, time=time)).encode(), 0)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON, scale=60.0)


def run(clock: ManualClock, sink: Noting, *lines: Line) -> list[float]:
    naps: list[float] = []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        clock.move_to(clock.now() + timedelta(seconds=seconds * clock.scale))

    play(lines, sink, clock, sleep=sleep)
    return naps


def test_an_event_is_sent_when_the_clock_has_reached_it(clock: ManualClock) -> None:
    sink = Noting(clock)
    naps = run(clock, sink, line(0), line(10), line(11))
    assert [(sent - NOON) / timedelta(minutes=1) for sent, *_ in sink.got] == [0, 10, 11]
    assert sum(naps) == pytest.approx(11.0), "eleven care minutes at sixty times as fast"
    assert sink.flushed == 3


def test_late_events_go_at_once_and_in_the_files_order(clock: ManualClock) -> None:
    sink = Noting(clock)
    assert run(clock, sink, line(-5), line(-50), line(-1, "complaint.opened")) == []
    assert [topic for _, topic, *_ in sink.got] == ["orders", "orders", "complaints"]
    assert {key for *_, key, _ in sink.got} == {b"c-1"}


def test_without_a_clock_nothing_waits(clock: ManualClock) -> None:
    sink = Noting(clock)
    played = play([line(0), line(9_999)], sink, None, sleep=_no_nap)
    assert played.sent == {"orders": 2}


def test_what_is_no_event_is_sent_as_it_is(clock: ManualClock, tmp_path: Path) -> None:
    sent = {"topic": "support", "key": "k", "base64": base64.b64encode(b"\xff\x00").decode()}
    raw = {"aftercare.raw": sent, "time": (NOON + timedelta(minutes=1)).isoformat()}
    file = tmp_path / "dirty.jsonl"
    file.write_bytes(b"no json\n" + json.dumps(raw).encode() + b"\n")
    sink = Noting(clock)
    run(clock, sink, *read_lines(file))
    assert sink.got == [
        (NOON, "orders", None, b"no json"),
        (NOON + timedelta(minutes=1), "support", b"k", b"\xff\x00"),
    ]


def test_what_kafka_does_not_take_fails_the_play_in_the_end(clock: ManualClock) -> None:
    sink = Noting(clock, refused="complaints")
    with pytest.raises(StreamError, match="did not take 1 of 2 events: 1 OSError"):
        run(clock, sink, line(0, "complaint.opened"), line(0))
    assert len(sink.got) == 2


def test_a_week_in_two_minutes_runs_5040_times_as_fast_from_the_first_event() -> None:
    clock = clock_for(Pace(week_in=timedelta(minutes=2)), "", NOON)
    assert isinstance(clock, ScaledClock)
    assert (clock.scale, clock.start) == (5040.0, NOON)


def test_the_settings_clock_goes_first() -> None:
    given = str(ScaledClock(NOON, 1766000000.0, 60.0))
    clock = clock_for(Pace(), given, None)
    assert isinstance(clock, ScaledClock)
    assert clock.scale == 60.0
    assert isinstance(clock_for(Pace(), "", None), SystemClock)
    assert clock_for(Pace(instant=True), given, None) is None


@pytest.mark.parametrize(
    ("pace", "setting", "first"),
    [
        (Pace(scale=2, instant=True), "", NOON),
        (Pace(scale=2, week_in=timedelta(minutes=2)), "", NOON),
        (Pace(scale=0), "", NOON),
        (Pace(scale=2), "2026-01-05T00:00:00Z@1767571200x5040", NOON),
        (Pace(scale=2), "", None),
    ],
)
def test_words_that_do_not_fit_together_are_refused(
    pace: Pace, setting: str, first: datetime | None
) -> None:
    with pytest.raises(UsageError):
        clock_for(pace, setting, first)


def _no_nap(seconds: float) -> None:
    pytest.fail(f"slept for {seconds} s")
