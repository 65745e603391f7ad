"""How far the demo is: what is due or under way at this moment."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from aftercare.intake.expect import OPEN
from aftercare.lifecycle import CLAIMABLE, LEASED
from aftercare.steps.parts import Parts
from aftercare.store.engine import reading
from aftercare.store.tables import promises, triggers


@dataclass(frozen=True)
class Standing:
    """Counts of triggers; `promises` that are past their moment and not judged yet."""

    sent: int
    due: int
    under_way: int
    promises: int

    @property
    def idle(self) -> bool:
        return not (self.due or self.under_way or self.promises)

    def __str__(self) -> str:
        return f"{self.sent} sent, {self.due} due, {self.under_way} under way"


def standing(parts: Parts, until: datetime) -> Standing:
    """What fell due up to `until` (aware). What was held for later is no business of the demo."""
    now = min(until, parts.clock.now())
    count = select(func.count()).select_from(triggers)
    claimable = triggers.c.status.in_(sorted(s.value for s in CLAIMABLE))
    leased = triggers.c.status.in_(sorted(s.value for s in LEASED))
    late = select(func.count()).select_from(promises)
    late = late.where(promises.c.status == OPEN, promises.c.by <= now)
    with reading(parts.engine) as connection:
        ask = connection.execute
        return Standing(
            int(ask(count.where(triggers.c.status == "sent")).scalar_one()),
            int(ask(count.where(claimable, triggers.c.due_at <= now)).scalar_one()),
            int(ask(count.where(leased, triggers.c.due_at <= now)).scalar_one()),
            int(ask(late).scalar_one()),
        )
