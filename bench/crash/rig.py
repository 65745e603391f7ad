"""Killing: at named points, at random moments, by standing still past the lease, with servers
restarted under way. Seeded: the same seed plans the same kills."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path

from sqlalchemy import create_engine, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from aftercare.settings import ROOT
from aftercare.store.tables import offsets, triggers
from bench.crash.children import FORK, spawn
from bench.crash.ground import LEASE, Ground
from bench.crash.workload import produce, tell_deliveries

POINTS = {
    "consumer": ("after-poll", "in-transaction", "after-commit-before-kafka"),
    "worker": (
        "after-claim",
        "before-question",
        "before-send",
        "after-accept",
        "after-record",
    ),
}
PATIENCE = 2.5
"""Machine seconds a child has to reach its crash point before it is killed anyway."""

REST = 180.0
"""Machine seconds that the end may take to come to rest."""


@dataclass
class Tally:
    """Kills by point, and machine seconds from a kill to the next progress."""

    kills: Counter[str] = field(default_factory=Counter)
    recovery: list[float] = field(default_factory=list)
    restarts: Counter[str] = field(default_factory=Counter)


@dataclass
class Slot:
    """A place that always holds a living child."""

    what: str
    process: BaseProcess
    point: str
    born: float


class Rig:
    """One run."""

    def __init__(
        self,
        ground: Ground,
        *,
        seed: int,
        rate: float,
        mutation: str = "",
        restart: dict[str, Callable[[], None]] | None = None,
        say: Callable[[str], None] = print,
    ) -> None:
        self.ground, self.mutation, self.rate, self.seed = ground, mutation, rate, seed
        self.random, self.tally = random.Random(seed), Tally()
        self.restart, self.say = restart or {}, say
        self.told = ground.home / "orders.txt"
        self.slots: list[Slot] = []
        self._since: float | None = None
        self._seen = (0, 0)
        self._engine = create_engine(ground.store, poolclass=NullPool)

    def run(self, kills: int, seconds: float) -> Tally:
        """Kill until the number or the time is reached, then let everything come to rest."""
        stop, quiet = FORK.Event(), FORK.Event()
        helpers = [
            FORK.Process(target=produce, args=(self.ground, self.seed, self.rate, stop, self.told)),
            FORK.Process(target=tell_deliveries, args=(self.ground, quiet)),
        ]
        for helper in helpers:
            helper.start()
        self.slots = [
            self._fill(what) for what in ("consumer", "consumer", "worker", "worker", "worker")
        ]
        try:
            self._kill_until(kills, time.monotonic() + seconds)
            stop.set()
            helpers[0].join(90)
            self._heal()
            self._rest()
        finally:
            stop.set()
            quiet.set()
            for slot in self.slots:
                slot.process.kill()
            for helper in helpers:
                helper.join(10)
                helper.kill()
        return self.tally

    def _fill(self, what: str, point: str | None = None) -> Slot:
        if point is None:
            point = self.random.choice(POINTS[what]) if self.random.random() < 0.75 else ""
        visit = self.random.randint(1, 3)
        crash = f"{point}:{visit}" if point else ""
        return Slot(what, spawn(what, self.ground, crash, self.mutation), point, time.monotonic())

    def _kill_until(self, kills: int, deadline: float) -> None:
        said = time.monotonic()
        while self.tally.kills.total() < kills and time.monotonic() < deadline:
            for place, slot in enumerate(self.slots):
                if self._is_dead(slot):
                    self.slots[place] = self._fill(slot.what)
            self._watch()
            self._servers(kills)
            if time.monotonic() - said > 15:
                said = time.monotonic()
                self.say(f"{self.tally.kills.total()} kills, {self._seen[0]} accepted")
            time.sleep(0.02)

    def _is_dead(self, slot: Slot) -> bool:
        """Whether the child died, or was killed right here because its time was over."""
        if slot.process.exitcode is not None:
            hit = slot.process.exitcode == -signal.SIGKILL
            self._count(
                f"{slot.what}: {slot.point}" if hit and slot.point else f"{slot.what}: ended"
            )
            return True
        life = PATIENCE if slot.point else 0.3 + 2 * self.random.random()
        if time.monotonic() - slot.born < life:
            return False
        if slot.what == "worker" and self.random.random() < 0.05:
            self._pause(slot)
            return False
        os.kill(slot.process.pid or 0, signal.SIGKILL)
        slot.process.join(5)
        self._count(f"{slot.what}: at random")
        return True

    def _pause(self, slot: Slot) -> None:
        """Let a worker stand still past its lease, while the others go on."""
        os.kill(slot.process.pid or 0, signal.SIGSTOP)
        time.sleep(LEASE + 1)
        os.kill(slot.process.pid or 0, signal.SIGCONT)
        self.tally.restarts["worker paused past its lease"] += 1
        slot.born = time.monotonic()

    def _count(self, what: str) -> None:
        self.tally.kills[what] += 1
        self._since = self._since or time.monotonic()

    def _servers(self, kills: int) -> None:
        """Restart each server once every quarter of the run."""
        quarter = max(1, kills // 4)
        done = self.tally.kills.total() // quarter
        for name, restart in self.restart.items():
            if self.tally.restarts[f"{name} restarted"] < min(done, 3):
                self.say(f"restarting {name}")
                restart()
                self.tally.restarts[f"{name} restarted"] += 1

    def _watch(self) -> None:
        """Note how long it took from the first kill to progress."""
        now = self._progress()
        if now != self._seen and self._since is not None:
            self.tally.recovery.append(time.monotonic() - self._since)
            self._since = None
        self._seen = now

    def _progress(self) -> tuple[int, int]:
        size = self.ground.ledger.stat().st_size // 37 if self.ground.ledger.exists() else 0
        return size, self._scalar(select(func.coalesce(func.sum(offsets.c.next_offset), 0)))

    def _scalar(self, query: object) -> int:
        try:
            with self._engine.connect() as connection:
                return int(connection.execute(query).scalar_one())  # type: ignore[call-overload]
        except SQLAlchemyError:
            return -1

    def _heal(self) -> None:
        """Replace everything by children that live."""
        for slot in self.slots:
            slot.process.kill()
            slot.process.join(5)
        self.slots = [self._fill(what, "") for what in ("consumer", "consumer", "worker", "worker")]

    def _rest(self) -> None:
        """Until nothing is under way, or patience ends (the verdict tells what is left)."""
        deadline, calm = time.monotonic() + REST, 0
        open_ = triggers.c.status.in_(("waiting", "held", "claimed", "sending", "unknown"))
        while time.monotonic() < deadline and calm < 10:
            for place, slot in enumerate(self.slots):
                if slot.process.exitcode is not None:
                    self.slots[place] = self._fill(slot.what, "")
            before = self._seen
            self._seen = self._progress()
            left = self._scalar(select(func.count()).select_from(triggers).where(open_))
            calm = calm + 1 if left == 0 and before == self._seen else 0
            time.sleep(0.5)


def provider(ledger: Path, port: int) -> subprocess.Popen[bytes]:
    """The counting provider as a process of its own; it is never killed."""
    argv = [
        sys.executable,
        "-m",
        "tests.fakes.sendgrid",
        "--port",
        str(port),
        "--ledger",
        str(ledger),
    ]
    return subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.DEVNULL)
