"""Running events through the very same folds and steps, with a clock that jumps.

Events are taken in batches as long as it makes no difference; where something would have fallen due
or been woken in between, the batch is rolled back and split there, so that every due moment is met
with exactly the facts of that moment. After the last event the clock runs on until nothing is due any more.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import takewhile

from sqlalchemy import Connection, func, select

from aftercare.clock import ManualClock
from aftercare.errors import AftercareError, BatchStopped
from aftercare.intake import Report, take_in
from aftercare.intake.expect import OPEN, judge_promises
from aftercare.lifecycle import CLAIMABLE
from aftercare.simulate.lines import Line
from aftercare.steps.model import Batch
from aftercare.steps.parts import Parts
from aftercare.steps.table import FLOWS, run_batch
from aftercare.store.engine import reading, writing
from aftercare.store.tables import promises, triggers

_FIRST, _MOST = 32, 512
_ROUNDS = 100

_KINDS = tuple(flow.kind.value for flow in FLOWS)
_DUE = select(
    select(func.min(promises.c.by)).where(promises.c.status == OPEN).scalar_subquery(),
    *(
        select(func.min(triggers.c.due_at))
        .where(triggers.c.kind == kind, triggers.c.status == status.value)
        .scalar_subquery()
        for kind in _KINDS
        for status in sorted(CLAIMABLE)
    ),
)
"""The next promise's moment, then the next due moments, kind by kind: a look into an index each."""


@dataclass
class Tally:
    """What the run counted itself; the rest is read from the store."""

    events: int = 0
    dead: dict[str, int] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)
    batches: int = 0


class _Split(Exception):
    """Roll back and take the lines up to `moment` only; None: somewhere in between."""

    def __init__(self, moment: datetime | None) -> None:
        super().__init__()
        self.moment = moment


def run(parts: Parts, lines: Iterable[Line], progress: Callable[[int, datetime], None]) -> Tally:
    """Run the lines (in their order of arrival) to the end; `progress` hears how many
    more are done, and the simulated moment."""
    tally = Tally()
    size = _FIRST
    waiting: list[Line] = []
    source = iter(lines)
    while _fill(waiting, source, size):
        until = _next_due(parts, tally)
        batch = list(takewhile(partial(_may_come, until), waiting))
        if not batch and until is not None:
            _work(parts, tally, until)
            continue
        taken = _take(parts, tally, batch)
        del waiting[:taken]
        size = min(size * 2, _MOST) if taken == len(batch) else max(taken, _FIRST)
        progress(taken, parts.clock.now())
    while (until := _next_due(parts, tally)) is not None:
        _work(parts, tally, until)
        progress(0, parts.clock.now())
    return tally


def _fill(waiting: list[Line], source: Iterator[Line], size: int) -> bool:
    while len(waiting) < size and (line := next(source, None)) is not None:
        waiting.append(line)
    return bool(waiting)


def _may_come(until: datetime | None, line: Line) -> bool:
    # Order of arrival is kept: what comes after a line that must wait, waits too.
    return until is None or line.time is None or line.time <= until


def _take(parts: Parts, tally: Tally, batch: Sequence[Line]) -> int:
    """Take in as much of the batch as comes out as if it had come line by line; returns how many
    lines."""
    while True:
        last = _moment(parts, batch)
        try:
            with writing(parts.engine) as connection:
                report = take_in(
                    connection,
                    [line.incoming for line in batch],
                    rulebook=parts.rulebook,
                    zone=parts.zone,
                    now=last,
                )
                if len(batch) > 1:
                    _split_if_needed(report, _earliest(connection, tally), last)
        except _Split as split:
            batch = _before(batch, split.moment)
            continue
        _clock(parts).move_to(last)
        _count(tally, report)
        return len(batch)


def _split_if_needed(report: Report, due: datetime | None, last: datetime) -> None:
    """Raises _Split where the batch's common moment, that of its last line, would tell: something
    falls due before, was born too late only for that moment, or is woken then."""
    if due is not None and due < last:
        raise _Split(due)
    if report.expired_due is not None and report.expired_due < last:
        raise _Split(report.expired_due)
    if report.woken:
        raise _Split(None)


def _before(batch: Sequence[Line], moment: datetime | None) -> Sequence[Line]:
    """The lines up to a moment; half of them when that is not known, or would be all or none."""
    for index, line in enumerate(batch):
        if moment is not None and line.time is not None and line.time > moment and index:
            return batch[:index]
    return batch[: max(1, len(batch) // 2)]


def _moment(parts: Parts, batch: Sequence[Line]) -> datetime:
    times = [line.time for line in batch if line.time is not None]
    return max([parts.clock.now(), *times])


def _count(tally: Tally, report: Report) -> None:
    tally.events += report.events
    for dead in report.dead:
        tally.dead[dead.reason] = tally.dead.get(dead.reason, 0) + 1


def _next_due(parts: Parts, tally: Tally) -> datetime | None:
    with reading(parts.engine) as connection:
        return _earliest(connection, tally)


def _earliest(connection: Connection, tally: Tally) -> datetime | None:
    expected, due = _due(connection)
    moments = [expected, *(moment for kind, moment in due.items() if kind not in tally.stopped)]
    return min((m for m in moments if m is not None), default=None)


def _due(connection: Connection) -> tuple[datetime | None, dict[str, datetime | None]]:
    """When the next promise is to be judged, and when each kind has the next to decide."""
    expected, *moments = connection.execute(_DUE).one()
    found: dict[str, datetime | None] = dict.fromkeys(_KINDS)
    for kind, moment in zip([k for k in _KINDS for _ in CLAIMABLE], moments, strict=True):
        if moment is not None:
            found[kind] = min(found[kind] or moment, moment)
    return expected, found


def _work(parts: Parts, tally: Tally, moment: datetime) -> None:
    """Let the clock be `moment` and do everything that is due then."""
    clock = _clock(parts)
    clock.move_to(max(clock.now(), moment))
    _promises(parts)
    for _ in range(_ROUNDS):
        kinds = _kinds_due(parts, tally)
        if not sum(_run(parts, tally, kind) for kind in kinds):
            return
    raise AftercareError(
        f"the simulation does not come to rest at {clock.now():%Y-%m-%d %H:%M} UTC"
    )


def _kinds_due(parts: Parts, tally: Tally) -> list[str]:
    with reading(parts.engine) as connection:
        _, due = _due(connection)
    now = parts.clock.now()
    return [k for k, at in due.items() if at is not None and at <= now and k not in tally.stopped]


def _promises(parts: Parts) -> None:
    now = parts.clock.now()
    # The simulator hears everything up to its own moment; `by` itself is past a moment later.
    with writing(parts.engine) as connection:
        heard = {"orders": now, "complaints": now, "support": now}
        judge_promises(connection, heard, rulebook=parts.rulebook, zone=parts.zone, now=now)


def _run(parts: Parts, tally: Tally, kind: str) -> int:
    tally.batches += 1
    try:
        return run_batch(parts, Batch(f"simulated-{tally.batches:08d}", kind))["claimed"]
    except BatchStopped as stopped:
        tally.stopped[kind] = str(stopped)
        return 0


def _clock(parts: Parts) -> ManualClock:
    assert isinstance(parts.clock, ManualClock)
    return parts.clock
