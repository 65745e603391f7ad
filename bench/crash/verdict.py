"""At the end the ledger must balance: every late order told once, everything added up."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from aftercare.store.engine import reading
from aftercare.store.tables import follow_ups, triggers
from aftercare.upkeep.kafka_ends import kafka_ends
from aftercare.upkeep.reconcile import reconcile
from bench.crash.ground import Ground

ENDS = ("sent", "bundled", "withdrawn")
"""How a trigger may end here: it spoke, or the other rule's message answers for it."""


@dataclass
class Balance:
    """Orders that were sent in, and what the provider accepted for them."""

    orders: int = 0
    accepted: int = 0
    lost: int = 0
    doubled: int = 0
    strange: int = 0
    unsettled: int = 0
    wrong: list[str] = field(default_factory=list)
    settled: dict[str, int] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        return not (self.lost or self.doubled or self.strange or self.unsettled or self.wrong)


def balance(ground: Ground, told: Path) -> Balance:
    """Compare what went in with what the provider counted."""
    parts, found = ground.parts(), Balance()
    ids = set(told.read_text().split())
    accepted = Counter(ground.ledger.read_text().split()) if ground.ledger.exists() else Counter()
    with reading(parts.engine) as connection:
        rows = connection.execute(select(follow_ups.c.follow_up_id, follow_ups.c.subject_id)).all()
        subject = {row.follow_up_id: row.subject_id for row in rows}
        states = connection.execute(select(triggers.c.status)).scalars().all()
        found.settled = _settled(connection)
    by_order: Counter[str] = Counter()
    for follow_up, times in accepted.items():
        if follow_up in subject:
            by_order[subject[follow_up]] += times
        else:
            found.strange += times
    found.orders, found.accepted = len(ids), sum(accepted.values())
    found.lost = len(ids - set(by_order))
    found.doubled = sum(times > 1 for times in by_order.values())
    found.unsettled = sum(state not in ENDS for state in states)
    found.wrong = reconcile(parts, kafka_ends).wrong
    parts.engine.dispose()
    return found


def _settled(connection: object) -> dict[str, int]:
    """How unknown sends were settled, by the words of the trace."""
    from aftercare.store.tables import trace

    query = select(trace.c.step, trace.c.status, trace.c.words).where(
        trace.c.step.in_(("settle", "lease", "record"))
    )
    found: Counter[str] = Counter()
    for step, status, words in connection.execute(query):  # type: ignore[attr-defined]
        if status == "unknown":
            found["became unknown"] += 1
        elif step == "settle":
            found["settled by the provider's event"] += 1
        elif words.startswith("silence"):
            found["settled by silence, sent again"] += 1
        elif step == "lease" and status == "waiting":
            found["claims taken over"] += 1
    return dict(found)
