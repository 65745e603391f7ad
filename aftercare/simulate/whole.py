"""A whole simulation: run, let Great Expectations confirm every verdict, run again if one was bad.

A run trusts rows that nobody judged so far and remembers them; then the real gate judges them all
in one large batch. When one turns out bad the run is repeated with that knowledge, until a run has
relied on confirmed verdicts only. Validating row by row would cost 0.1 s a message.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from aftercare.decision.policy import load_policy
from aftercare.gate import make_gate
from aftercare.gate.memo import OptimisticGate
from aftercare.message import Sender
from aftercare.settings import Settings
from aftercare.simulate.ground import Ground
from aftercare.simulate.lines import Line
from aftercare.simulate.result import result
from aftercare.simulate.run import run
from aftercare.store.engine import reading

_ROUNDS = 12


def simulate(
    settings: Settings,
    lines: Callable[[], Iterable[Line]],
    *,
    seed: int = 1,
    outbox: Path | None = None,
    progress: Callable[[str, int], None] = lambda what, n: None,
) -> dict[str, Any]:
    """Run until every verdict is confirmed; returns simulate.result data.

    lines: opens the events anew for each run. outbox: a folder that the messages of the last run
    are written to. progress: hears what is going on, and how many events were taken in.
    """
    bounds = load_policy(settings.policy).gate
    gate = OptimisticGate(make_gate(settings, bounds, docs=False), bounds)
    for number in range(1, _ROUNDS + 1):
        found = _once(settings, gate, lines, None, seed, progress, f"run {number}")
        progress(f"run {number}: asking Great Expectations", 0)
        if gate.settle() == 0:
            break
    if outbox is not None:
        sender = _outbox(settings, outbox)
        _once(settings, gate, lines, sender, seed, progress, "writing the outbox")
        sender.close()
    return found


def _once(
    settings: Settings,
    gate: OptimisticGate,
    lines: Callable[[], Iterable[Line]],
    sender: Sender | None,
    seed: int,
    progress: Callable[[str, int], None],
    name: str,
) -> dict[str, Any]:
    with Ground(settings, gate, sender, seed) as parts:
        if sender is not None and hasattr(sender, "clock"):
            sender.clock = parts.clock
        tally = run(parts, lines(), lambda n: progress(name, n))
        with reading(parts.engine) as connection:
            return result(connection, tally)


def _outbox(settings: Settings, folder: Path) -> Any:
    from dataclasses import replace

    from aftercare.clock import SystemClock
    from aftercare.senders import make_sender

    return make_sender(replace(settings, sender="outbox", outbox=folder), SystemClock())
