"""The simulator's ground: a throwaway store, a clock that jumps, a sender that only listens."""

import tempfile
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from sqlalchemy import Engine, event

from aftercare.clock import ManualClock
from aftercare.extras.codes import SeededCodes
from aftercare.gate.model import Gate
from aftercare.message import Mail, Sender
from aftercare.settings import Settings
from aftercare.steps.parts import Parts, build
from aftercare.store import guard
from aftercare.store.engine import open_store, writing
from aftercare.store.tables import metadata

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Listener:
    """Accepts every mail and sends none."""

    name = "simulated"

    def send(self, mail: Mail) -> str:
        return f"simulated-{mail.follow_up_id}"

    def close(self) -> None:
        return None


class Ground(AbstractContextManager[Parts]):
    """Parts over an empty store in a temporary folder, gone at the end. The store keeps what
    happened, so that memory does not grow with the number of events."""

    def __init__(self, settings: Settings, gate: Gate, sender: Sender | None, seed: int) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="aftercare-simulation-")
        store = f"sqlite:///{Path(self._folder.name) / 'simulation.db'}"
        self._settings = replace(settings, store=store, lease=1e9)
        self._gate, self._sender, self._seed = gate, sender or Listener(), seed

    def __enter__(self) -> Parts:
        parts = build(self._settings, ManualClock(BEGINNING))
        parts.make_gate = lambda: self._gate
        parts.make_sender = lambda: self._sender
        parts.codes = SeededCodes(self._seed)
        parts.machine = lambda: 0.0
        parts.engine = _fresh(self._settings)
        self._engine = parts.engine
        return parts

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._engine.dispose()
        self._folder.cleanup()


def _fresh(settings: Settings) -> Engine:
    engine = open_store(settings.store_url)
    # Nothing here outlives the run, so it need not survive a crash.
    event.listen(engine, "connect", lambda c, _r: c.execute("PRAGMA synchronous=OFF"))
    with writing(engine) as connection:
        metadata.create_all(connection)
        guard.install(connection)
    return engine
