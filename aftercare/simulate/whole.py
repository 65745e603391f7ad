"""A whole simulation: run, let Great Expectations confirm every verdict, run again if one was bad.

The first run trusts rows that nobody judged so far and has them judged many at a time, because a
validation of its own costs 0.1 s a message. When one turns out bad the run is repeated with that
knowledge, and what is new then is judged at once: so the last run relies on confirmed verdicts only.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from aftercare.decision.policy_file import load_policy
from aftercare.errors import UsageError
from aftercare.gate import make_gate
from aftercare.gate.memo import OptimisticGate
from aftercare.settings import Settings
from aftercare.simulate.ground import ground
from aftercare.simulate.lines import Line
from aftercare.simulate.result import result
from aftercare.simulate.run import run
from aftercare.simulate.sent import Sent, sent
from aftercare.store.engine import reading

Progress = Callable[[str, int, datetime | None], None]
"""Hears what is going on, how many lines more are done, and the simulated moment."""


@dataclass(frozen=True)
class Simulated:
    """What a simulation found; valid while its store is open."""

    summary: dict[str, Any]
    connection: Connection

    def sent(self) -> Iterator[Sent]:
        """Every message that would have been sent, in the order of time."""
        return sent(self.connection)


@contextmanager
def simulated(
    settings: Settings,
    lines: Callable[[], Iterable[Line]],
    *,
    seed: int = 1,
    outbox: Path | None = None,
    progress: Progress = lambda what, n, at: None,
) -> Iterator[Simulated]:
    """Run until every verdict is confirmed.

    lines: opens the events anew for each run. seed: for voucher codes. outbox: a new or empty
    folder that the messages are written to. Raises what `build` raises, and UsageError.
    """
    if outbox is not None:
        _make_empty(outbox)
    bounds = load_policy(settings.policy).gate
    gate = OptimisticGate(make_gate(settings, bounds, docs=False), bounds)
    confirmed = False
    while not confirmed:
        name = "events" if gate.trusting else "again, with what the gate refused"
        with ground(settings, gate, seed, keep_mails=outbox is not None) as (parts, listener):
            tally = run(parts, lines(), partial(progress, name))
            progress("asking Great Expectations", 0, None)
            confirmed = gate.settle() == 0
            gate.trusting = False
            if confirmed:
                if outbox is not None:
                    progress("writing the outbox", 0, None)
                    listener.write_outbox(outbox)
                with reading(parts.engine) as connection:
                    yield Simulated(result(connection, tally), connection)


def simulate(
    settings: Settings, lines: Callable[[], Iterable[Line]], **more: Any
) -> dict[str, Any]:
    """The summary of a simulation; arguments as for `simulated`."""
    with simulated(settings, lines, **more) as found:
        return found.summary


def _make_empty(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise UsageError(f"{folder} is not empty; name a new folder for the messages")
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror or error}") from error
