"""Silence is believed only where we were listening.

At care time T the end offset H of a partition is noted; once our position is at H, everything up to
T was heard. Event times play no part: they may lie in the future. T lies a little back
(`listening_grace`), because producers are a little late.
"""

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Engine

from aftercare.clock import Clock
from aftercare.store import offsets
from aftercare.store.engine import writing
from aftercare.store.offsets import Place

EVERY = 1.0
"""Machine seconds between two notes."""


class Listening(Protocol):
    """What belief needs of the reader."""

    @property
    def positions(self) -> dict[Place, int]:
        """Next offsets of our partitions; everything before is in the store."""
        ...

    def ends(self) -> dict[Place, int]:
        """End offsets of our partitions, asked for at this moment."""
        ...


class Belief:
    """Keeps one open note a partition and writes those that came true."""

    def __init__(self, engine: Engine, clock: Clock, grace: float) -> None:
        self._engine, self._clock, self._grace = engine, clock, grace
        self._notes: dict[Place, tuple[datetime, int]] = {}
        self._next = 0.0

    def update(self, listening: Listening) -> None:
        """Write what is believed by this moment and note where the ends are; cheap to call often."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY
        self._write(listening.positions)
        self._note(listening)

    def _write(self, positions: Mapping[Place, int]) -> None:
        true = {p: t for p, (t, end) in self._notes.items() if positions.get(p, -1) >= end}
        self._notes = {p: n for p, n in self._notes.items() if p in positions and p not in true}
        if true:
            with writing(self._engine) as connection:
                for place, moment in sorted(true.items()):
                    offsets.believe(connection, place, moment)

    def _note(self, listening: Listening) -> None:
        wanting = [p for p in listening.positions if p not in self._notes]
        if not wanting:
            return
        # The moment is taken before the ends are asked for: what comes between is not missed.
        moment = self._clock.now() - timedelta(seconds=self._grace * self._clock.scale)
        ends = listening.ends()
        self._notes |= {p: (moment, ends[p]) for p in wanting if p in ends}
