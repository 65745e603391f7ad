"""Killing: at named points, at random moments, by standing still past the lease, with servers
restarted under way. Seeded: the same seed plans the same kills."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path

from sqlalchemy import create_engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from aftercare.store.tables import offsets, triggers
from bench.crash.children import FORK, spawn
from bench.crash.ground import Ground
from bench.crash.plan import STILL, Plan
from bench.crash.workload import produce, tell_deliveries

STANDING = 9.0
"""Machine seconds that a child stands still: longer than the lease and than the consumers' session."""

REST = 180.0
"""Machine seconds that the end may take to come to rest."""

SLOTS = ("consumer", "consumer", "worker", "worker", "worker")
HEALED = ("consumer", "consumer", "worker", "worker")


@dataclass
class Tally:
    """Kills by point, and machine seconds from a kill to the next progress, by what was killed."""

    kills: Counter[str] = field(default_factory=Counter)
    recovery: dict[str, list[float]] = field(default_factory=lambda: {"consumer": [], "worker": []})
    restarts: Counter[str] = field(default_factory=Counter)


@dataclass
class Slot:
    """A place that always holds a living child."""

    what: str
    process: BaseProcess
    point: str
    born: float
    luck: float
    stood: float | None = None


class Rig:
    """One run."""

    def __init__(
        self,
        ground: Ground,
        *,
        seed: int,
        rate: float,
        mutation: str = "",
        plan: Plan | None = None,
        rest: float = REST,
        restart: dict[str, Callable[[], None]] | None = None,
        say: Callable[[str], None] = print,
    ) -> None:
        self.ground, self.mutation, self.rate, self.seed = ground, mutation, rate, seed
        self.plan, self.rest = plan or Plan(), rest
        self.random, self.tally = random.Random(seed), Tally()
        self.restart, self.say = restart or {}, say
        self.told = ground.home / "orders.txt"
        self.slots: list[Slot] = []
        self._since: dict[str, float] = {}
        self._seen = {"consumer": 0, "worker": 0}
        self._engine = create_engine(ground.store, pool_size=1, pool_pre_ping=True)

    def run(self, kills: int, seconds: float) -> Tally:
        """Kill until the number or the time is reached, then let everything come to rest."""
        stop, quiet = FORK.Event(), FORK.Event()
        helpers = [
            FORK.Process(target=produce, args=(self.ground, self.seed, self.rate, stop, self.told)),
            FORK.Process(target=tell_deliveries, args=(self.ground, quiet)),
        ]
        for helper in helpers:
            helper.start()
        self.slots = [self._fill(what) for what in SLOTS]
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

    def _fill(self, what: str) -> Slot:
        return self._born(what, *self.plan.next(what, self.random))

    def _born(self, what: str, point: str = "", crash: str = "") -> Slot:
        process = spawn(what, self.ground, crash, self.mutation)
        return Slot(what, process, point, time.monotonic(), self.random.random())

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
                self.say(f"{self.tally.kills.total()} kills, {self._seen['worker']} accepted")
            time.sleep(0.05)

    def _is_dead(self, slot: Slot) -> bool:
        """Whether the child died, or was killed right here because its time was over."""
        if slot.process.exitcode is not None:
            hit = slot.process.exitcode == -signal.SIGKILL
            self._count(slot.what, slot.point if hit and slot.point else "ended by itself")
            return True
        if slot.point.startswith(STILL) and _stands(slot.process.pid):
            return self._stand(slot)
        life = self.plan.patience[slot.what] * (1.0 if slot.point else slot.luck)
        if time.monotonic() - slot.born < life:
            return False
        slot.process.kill()
        slot.process.join(5)
        self._count(slot.what, "at random")
        return True

    def _stand(self, slot: Slot) -> bool:
        """Let a child that stopped itself stand still past its lease and session, then go on, while
        the others took over."""
        if slot.stood is None:
            slot.stood = time.monotonic()
        if time.monotonic() - slot.stood > STANDING:
            if slot.process.pid:
                os.kill(slot.process.pid, signal.SIGCONT)
            self.tally.restarts[f"{slot.what} stood still at {slot.point.removeprefix(STILL)}"] += 1
            slot.point, slot.born = "", time.monotonic()
        return False

    def _count(self, what: str, point: str) -> None:
        self.tally.kills[f"{what}: {point}"] += 1
        self._since.setdefault(what, time.monotonic())

    def _servers(self, kills: int) -> None:
        """Restart each server once every quarter of the run."""
        quarter = max(1, kills // 4)
        done = self.tally.kills.total() // quarter
        for name, restart in self.restart.items():
            if self.tally.restarts[f"{name} killed and started again"] < min(done, 3):
                self.say(f"restarting {name}")
                restart()
                self.tally.restarts[f"{name} killed and started again"] += 1

    def _watch(self) -> None:
        """Note how long it took from a kill to the next progress of what was killed: offsets that
        move for consumers, acceptances for workers."""
        before, self._seen = self._seen, self._progress()
        for what, since in list(self._since.items()):
            if self._seen[what] > before[what]:
                self.tally.recovery[what].append(time.monotonic() - since)
                del self._since[what]

    def _progress(self) -> dict[str, int]:
        size = self.ground.ledger.stat().st_size // 37 if self.ground.ledger.exists() else 0
        read = self._scalar(select(func.coalesce(func.sum(offsets.c.next_offset), 0)))
        return {"consumer": read, "worker": size}

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
        self.slots = [self._born(what) for what in HEALED]

    def _rest(self) -> None:
        """Until nothing is under way, or patience ends (the verdict tells what is left)."""
        deadline, calm = time.monotonic() + self.rest, 0
        open_ = triggers.c.status.in_(("waiting", "held", "claimed", "sending", "unknown"))
        while time.monotonic() < deadline and calm < 10:
            for place, slot in enumerate(self.slots):
                if slot.process.exitcode is not None:
                    self.slots[place] = self._born(slot.what)
            before = self._seen
            self._seen = self._progress()
            left = self._scalar(select(func.count()).select_from(triggers).where(open_))
            calm = calm + 1 if left == 0 and before == self._seen else 0
            time.sleep(0.5)


def _stands(pid: int | None) -> bool:
    """Whether a process is stopped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    except OSError:
        return False
