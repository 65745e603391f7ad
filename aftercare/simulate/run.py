"""Running events through the very same folds and steps, with a clock that jumps.

Events are taken in batches as long as nothing falls due between them; where something would have,
the batch is rolled back and split there, so that every due moment is met with exactly the facts of
that moment. After the last event the clock runs on until nothing is due any more.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

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


@dataclass
class Tally:
    """What the run counted itself; the rest is read from the store."""

    events: int = 0
    dead: dict[str, int] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)
    batches: int = 0


class _Split(Exception):
    """Something falls due before the batch's last event: roll back and split at `moment`."""

    def __init__(self, moment: datetime) -> None:
        super().__init__()
        self.moment = moment


def run(parts: Parts, lines: Iterable[Line], progress: Callable[[int], None]) -> Tally:
    """Run the lines (in their order of arrival) to the end; `progress` hears how many are done."""
    tally = Tally()
    size = _FIRST
    waiting: list[Line] = []
    source = iter(lines)
    while _fill(waiting, source, size):
        until = _next_due(parts, tally)
        batch = [
            line for line in waiting if until is None or line.time is None or line.time <= until
        ]
        batch = _prefix(waiting, batch)
        if not batch and until is not None:
            _work(parts, tally, until)
            continue
        taken = _take(parts, tally, batch)
        del waiting[:taken]
        size = min(size * 2, _MOST) if taken == len(batch) else max(taken, _FIRST)
        progress(taken)
    while (until := _next_due(parts, tally)) is not None:
        _work(parts, tally, until)
    return tally


def _fill(waiting: list[Line], source: Iterator[Line], size: int) -> bool:
    while len(waiting) < size and (line := next(source, None)) is not None:
        waiting.append(line)
    return bool(waiting)


def _prefix(waiting: Sequence[Line], batch: Sequence[Line]) -> list[Line]:
    # Order of arrival is kept: only the run of lines before the first that must wait.
    chosen = {id(line) for line in batch}
    prefix = []
    for line in waiting:
        if id(line) not in chosen:
            break
        prefix.append(line)
    return prefix


def _take(parts: Parts, tally: Tally, batch: Sequence[Line]) -> int:
    """Take in as much of the batch as leaves nothing due behind; returns how many lines."""
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
                due = _earliest(connection, tally)
                if due is not None and due < last and len(batch) > 1:
                    raise _Split(due)
        except _Split as split:
            batch = _before(batch, split.moment)
            continue
        _clock(parts).move_to(last)
        _count(tally, report)
        return len(batch)


def _before(batch: Sequence[Line], moment: datetime) -> Sequence[Line]:
    for index, line in enumerate(batch):
        if line.time is not None and line.time > moment and index:
            # What makes it due may itself be undone by the split, so at least half is kept small.
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
    moments = []
    for flow in FLOWS:
        if flow.kind.value in tally.stopped:
            continue
        for status in sorted(s.value for s in CLAIMABLE):
            query = select(func.min(triggers.c.due_at)).where(
                triggers.c.kind == flow.kind.value, triggers.c.status == status
            )
            moments.append(connection.execute(query).scalar())
    query = select(func.min(promises.c.by)).where(promises.c.status == OPEN)
    moments.append(connection.execute(query).scalar())
    return min((m for m in moments if m is not None), default=None)


def _work(parts: Parts, tally: Tally, moment: datetime) -> None:
    """Let the clock be `moment` and do everything that is due then."""
    clock = _clock(parts)
    clock.move_to(max(clock.now(), moment))
    _promises(parts)
    for _ in range(_ROUNDS):
        if not sum(_run(parts, tally, flow.kind.value) for flow in FLOWS):
            return
    raise AftercareError(
        f"the simulation does not come to rest at {clock.now():%Y-%m-%d %H:%M} UTC"
    )


def _promises(parts: Parts) -> None:
    now = parts.clock.now()
    # The simulator hears everything up to its own moment; `by` itself is past a moment later.
    with writing(parts.engine) as connection:
        heard = {"orders": now, "complaints": now, "support": now}
        judge_promises(connection, heard, rulebook=parts.rulebook, zone=parts.zone, now=now)


def _run(parts: Parts, tally: Tally, kind: str) -> int:
    if kind in tally.stopped or not _has_due(parts, kind):
        return 0
    tally.batches += 1
    try:
        return run_batch(parts, Batch(f"simulated-{tally.batches:08d}", kind))["claimed"]
    except BatchStopped as stopped:
        tally.stopped[kind] = str(stopped)
        return 0


def _has_due(parts: Parts, kind: str) -> bool:
    query = select(triggers.c.trigger_id).where(
        triggers.c.kind == kind,
        triggers.c.status.in_(sorted(s.value for s in CLAIMABLE)),
        triggers.c.due_at <= parts.clock.now(),
    )
    with reading(parts.engine) as connection:
        return connection.execute(query.limit(1)).first() is not None


def _clock(parts: Parts) -> ManualClock:
    assert isinstance(parts.clock, ManualClock)
    return parts.clock
