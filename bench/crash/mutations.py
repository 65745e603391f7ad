"""One safety taken away at a time: the rig must notice, or it proves nothing."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text, update

from aftercare.crashpoints import reach
from aftercare.lifecycle import Status
from aftercare.steps import claim, send
from aftercare.steps.answer import let_next_speak
from aftercare.steps.moves import move, to_trigger
from aftercare.store import offsets
from aftercare.store.engine import open_store, writing
from aftercare.store.tables import cares, follow_ups, triggers
from aftercare.store.tables import offsets as table
from aftercare.store.upsert import insert_new
from aftercare.upkeep import tidy
from bench.crash.ground import LEASE, Ground
from bench.crash.plan import Plan
from consumers import batch
from consumers.slices import Slice

SLOW = 0.2
"""Machine seconds between question and answer where nobody guards the customer: a race that is rare
becomes one that a minute shows."""


def mutate(name: str) -> None:
    """Take a safety away in this process; nothing for an empty name."""
    if name:
        MUTATIONS[name].apply()


def prepare(name: str, ground: Ground) -> None:
    """Take away what the store itself holds."""
    if name == "unique-key":
        engine = open_store(ground.store)
        with engine.begin() as connection:
            connection.execute(text("DROP INDEX uq_follow_ups_one_care"))
            connection.execute(text("ALTER TABLE cares DROP CONSTRAINT pk_cares"))
        engine.dispose()


def _compare_and_set() -> None:
    """Two consumers of one partition no longer notice each other."""

    def advance(connection: Any, place: Any, *, begin: int, end: int, **counts: int) -> None:
        values = {n: table.c[n] + v for n, v in counts.items()} | {"next_offset": end}
        where = (table.c.topic == place[0]) & (table.c.partition == place[1])
        connection.execute(update(table).where(where).values(values))

    _put(offsets, "advance", advance)


def _commit_before_offset() -> None:
    """The offset is committed first, the facts after it."""
    original = batch.Handler._write

    def write(self: Any, slices: Sequence[Slice], dead: Any = None) -> Any:
        with writing(self._engine) as own:
            for each in slices:
                batch._advance(own, each, dead or ())
        reach("in-transaction")
        return original(self, [Slice(s.place, s.end, s.end, s.records) for s in slices], dead)

    _put(batch.Handler, "_write", write)


def _lease() -> None:
    """Nobody takes over what a dead worker had claimed."""
    for module in (claim, tidy):
        _put(module, "take_over", lambda *_: 0)


def _unknown() -> None:
    """A send whose worker died is simply sent again."""

    def take_over(connection: Any, parts: Any) -> int:
        query = select(triggers).where(triggers.c.lease_until < parts.machine())
        for row in connection.execute(query.with_for_update(skip_locked=True)).mappings().all():
            trigger, now = to_trigger(row), parts.clock.now()
            values = {"attempts": trigger.attempts + 1, "follow_up_id": None}
            move(connection, trigger, Status.WAITING, at=now, step="lease", words="", values=values)
            where = follow_ups.c.follow_up_id == trigger.follow_up_id
            connection.execute(update(follow_ups).where(where).values(status="failed"))
            let_next_speak(connection, parts, trigger)
        return 0

    for module in (claim, tidy):
        _put(module, "take_over", take_over)


def _customer_lock() -> None:
    """Two workers decide about one customer side by side. The unique key alone has to hold."""
    original = send._take

    def slowly(*given: Any) -> Any:
        time.sleep(SLOW)
        return original(*given)

    _put(send, "lock_customer", lambda *_: None)
    _put(send, "_take", slowly)


def _unique_key() -> None:
    """Neither the lock nor the key stands between two messages about the same."""
    _customer_lock()

    def insert(connection: Any, into: Any, rows: Any) -> None:
        if into is cares:
            connection.execute(cares.insert(), rows)
        else:
            insert_new(connection, into, rows)

    _put(send, "insert_new", insert)


def _put(where: Any, name: str, what: Any) -> None:
    assert hasattr(where, name), f"{where} has no {name}: the mutation would change nothing"
    setattr(where, name, what)


@dataclass(frozen=True)
class Mutation:
    """What is taken away, and the plan that shows it soonest. `chunk`: how many triggers a worker
    claims at once (one, so that two workers hold the two of one customer). `late`: machine seconds
    after which the provider tells of what it accepted."""

    apply: Callable[[], None]
    plan: Plan
    chunk: int = 20
    late: float = 0.0


FOREVER = 1e9
"""Machine seconds."""


def _at(*, consumer: str = "", worker: str = "", standing: float = 0.0) -> Plan:
    """Everybody lives, but for those that die (or stand still) at one point."""
    named = {"consumer": consumer, "worker": worker}
    return Plan(
        points={what: (point,) if point else () for what, point in named.items()},
        named=1.0,
        standing=standing,
        patience={what: 10.0 if point else FOREVER for what, point in named.items()},
    )


SLEEPY = Plan(
    points={"consumer": ("after-poll",), "worker": ()},
    named=0.6,
    standing=0.7,
    patience={"consumer": 8.0, "worker": FOREVER},
)
"""Consumers that stand still with a batch in hand, while others take their partitions over."""

MUTATIONS = {
    "compare-and-set": Mutation(_compare_and_set, SLEEPY),
    "commit-before-offset": Mutation(_commit_before_offset, _at(consumer="in-transaction")),
    "lease": Mutation(_lease, _at(worker="before-question")),
    "unknown": Mutation(_unknown, _at(worker="after-accept"), late=3 * LEASE),
    "customer-lock": Mutation(_customer_lock, _at(), chunk=1),
    "unique-key": Mutation(_unique_key, _at(), chunk=1),
}
