"""A house that lives through a history: every event told in its time, every due moment kept."""

import dataclasses
import itertools
import shutil
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import insert, select

from aftercare.clock import ManualClock
from aftercare.decision.policy import Policy
from aftercare.events.types import TOPICS
from aftercare.intake import Incoming, Report
from aftercare.intake.expect import OPEN, judge_promises
from aftercare.lifecycle import CLAIMABLE, Status
from aftercare.rules.load import load_rules
from aftercare.rules.model import Rulebook
from aftercare.settings import Settings
from aftercare.steps.parts import Parts, build
from aftercare.steps.table import FLOWS
from aftercare.steps.unknown import settle_by_hand
from aftercare.store.engine import open_store, reading, writing
from aftercare.store.tables import codes, promises, triggers
from aftercare.store.upgrade import upgrade
from tests.fakes.house import START, FakeGate, House
from tests.unit.histories.happenings import Happening, Home
from tests.unit.histories.post import Post

CUSTOMERS = ("c0", "c1")
POOL = 2
"""Codes in the pool of each budget."""

_FOLDER = Path(tempfile.mkdtemp(prefix="histories-"))
_NUMBERS = itertools.count()
_ROUNDS = 150
"""Nothing honest needs more rounds than this between two happenings."""


class MarkedCodes:
    """Generated codes that can be told from any other words of a mail."""

    def create(self, extra_id: str, amount: object, currency: str) -> str:
        return f"CODE-{extra_id[:8]}"


@cache
def _parts() -> Parts:
    parts = build(Settings(store=f"sqlite:///{_FOLDER / 'empty.db'}"), ManualClock(START))
    own = load_rules(Path(__file__).parent / "rules", templates=None, budgets=None, teams=None)
    parts.rulebook = Rulebook.of([*parts.rulebook.rules.values(), *own.rules.values()])
    upgrade(parts.engine)
    parts.engine.dispose()
    return parts


class Life(House):
    """A house of its own for one history. Close it when done."""

    def __init__(self, policy: Policy, homes: Sequence[Home]) -> None:
        self.file = _FOLDER / f"life{next(_NUMBERS)}.db"
        common = _parts()
        shutil.copy(_FOLDER / "empty.db", self.file)
        self.clock, self.gate = ManualClock(START), FakeGate()
        self.post, self.homes = Post(self.clock), homes
        self.engine = open_store(f"sqlite:///{self.file}")
        self.machine = 1000.0
        self.parts = dataclasses.replace(
            common,
            engine=self.engine,
            clock=self.clock,
            policy=policy,
            codes=MarkedCodes(),
            machine=lambda: self.machine,
            make_gate=lambda: self.gate,
            make_sender=lambda: self.post,
        )
        self.told: list[Incoming] = []
        self._ids = itertools.count(1)
        self._fill_pools()

    def take(self, records: Sequence[Incoming]) -> Report:
        self.told += [record for record in records if record not in self.told]
        return super().take(records)

    def live(self, history: Sequence[Happening]) -> "Life":
        """Everything happens in its time; then the clock runs until nothing is due any more."""
        from tests.unit.histories.telling import happen

        for each in history:
            moment = self.clock.now() + each.after
            self.until(moment)
            self.clock.move_to(moment)
            happen(self, each)
        self.post.troubles.clear()
        self.until(self.clock.now() + timedelta(days=400))
        while self.settle_unknown():
            self.until(self.clock.now() + timedelta(days=400))
        return self

    def until(self, moment: datetime) -> None:
        """Run what falls due up to `moment`, each at its own time."""
        for _ in range(_ROUNDS):
            due = self._next_due()
            if due is None or due > moment:
                return
            self.clock.move_to(max(due, self.clock.now()))
            self._judge()
            self.run()
        raise AssertionError("it goes round in circles: something is due again and again")

    def settle_unknown(self) -> int:
        """An operator asks the provider about every unknown send, and is told the truth."""
        with reading(self.engine) as connection:
            query = select(triggers).where(triggers.c.status == Status.UNKNOWN.value)
            unknown = connection.execute(query).mappings().all()
        for row in unknown:
            arrived = self.post.got(row["follow_up_id"])
            settle_by_hand(self.parts, row["trigger_id"], arrived=arrived, by="an operator")
        return len(unknown)

    def die(self, last_step: str) -> None:
        """A worker of each kind claims, comes as far as a step, and dies; its leases run out."""
        from aftercare.steps.table import STEPS

        names = list(STEPS)
        for flow in FLOWS:
            batch = self.batch(flow.kind.value)
            for name in names[: names.index(last_step) + 1]:
                STEPS[name](self.parts, batch)
        self.machine += self.parts.settings.lease + 1

    def close(self) -> None:
        self.engine.dispose()
        for end in ("", "-wal", "-shm"):
            self.file.with_name(self.file.name + end).unlink(missing_ok=True)

    def _next_due(self) -> datetime | None:
        waiting = select(triggers.c.due_at).where(
            triggers.c.status.in_([s.value for s in CLAIMABLE | {Status.CLAIMED}])
        )
        promised = select(promises.c.by).where(promises.c.status == OPEN)
        with reading(self.engine) as connection:
            moments = [
                *connection.execute(waiting).scalars(),
                *connection.execute(promised).scalars(),
            ]
        return min(moments, default=None)

    def _judge(self) -> None:
        now = self.clock.now()
        with writing(self.engine) as connection:
            judge_promises(
                connection,
                dict.fromkeys(TOPICS, now),
                rulebook=self.parts.rulebook,
                zone=self.parts.zone,
                now=now,
            )

    def _fill_pools(self) -> None:
        rows = [
            {"code": f"CODE-{name}-{number}", "pool": name}
            for name in self.parts.policy.budgets
            for number in range(POOL)
        ]
        with writing(self.engine) as connection:
            connection.execute(insert(codes), rows)
