"""The simulator's ground: a throwaway store, a clock that jumps, a sender that only listens."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, event

from aftercare.clock import ManualClock
from aftercare.extras.codes import SeededCodes
from aftercare.gate.model import Gate
from aftercare.settings import Settings
from aftercare.simulate.listener import Listener
from aftercare.steps.parts import Parts, build
from aftercare.store import guard
from aftercare.store.engine import open_store, writing
from aftercare.store.tables import metadata

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@contextmanager
def ground(
    settings: Settings, gate: Gate, seed: int, *, keep_mails: bool
) -> Iterator[tuple[Parts, Listener]]:
    """Parts over an empty store in a temporary folder, gone at the end. The store keeps what
    happened, so that memory does not grow with the number of events."""
    parts = build(settings, ManualClock(BEGINNING))
    with tempfile.TemporaryDirectory(prefix="aftercare-simulation-") as name:
        folder = Path(name)
        listener = Listener(parts.clock, folder / "mails.jsonl" if keep_mails else None)
        store = f"sqlite:///{folder / 'simulation.db'}"
        parts.settings = replace(settings, store=store, lease=1e9)
        parts.make_gate, parts.make_sender = lambda: gate, lambda: listener
        parts.codes, parts.machine = SeededCodes(seed), lambda: 0.0
        parts.engine = _fresh(store)
        try:
            yield parts, listener
        finally:
            listener.close()
            parts.engine.dispose()


def _fresh(store: str) -> Engine:
    engine = open_store(store)
    # Nothing here outlives the run, so it need not survive a crash.
    event.listen(engine, "connect", lambda c, _r: c.execute("PRAGMA synchronous=OFF"))
    with writing(engine) as connection:
        metadata.create_all(connection)
        guard.install(connection)
    return engine
