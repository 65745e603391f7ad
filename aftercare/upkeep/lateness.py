"""How long the oldest due trigger has been waiting: nothing can be stuck in silence."""

from sqlalchemy import func, select

from aftercare.errors import AftercareError
from aftercare.lifecycle import CLAIMABLE
from aftercare.steps.parts import Parts
from aftercare.store.engine import reading
from aftercare.store.tables import switches, triggers


def oldest_due(parts: Parts) -> float:
    """Age of the oldest due trigger in machine seconds; 0.0 when nothing is due. Kinds that are
    stopped on purpose do not count."""
    now = parts.clock.now()
    halted = select(switches.c.name).where(switches.c.scope == "kind")
    query = select(func.min(triggers.c.due_at)).where(
        triggers.c.status.in_(sorted(s.value for s in CLAIMABLE)),
        triggers.c.due_at <= now,
        triggers.c.kind.not_in(halted),
    )
    with reading(parts.engine) as connection:
        oldest = connection.execute(query).scalar()
    return 0.0 if oldest is None else (now - oldest).total_seconds() / parts.clock.scale


def watch(parts: Parts) -> float:
    """The age of the oldest due trigger. Raises AftercareError past `late_limit`."""
    age, limit = oldest_due(parts), parts.settings.late_limit
    if age > limit:
        raise AftercareError(
            f"the oldest due trigger has waited {age:.0f} s, more than AFTERCARE_LATE_LIMIT={limit:.0f}:"
            " is its DAG paused, are workers alive, is the pool there? `aftercare status` tells"
        )
    return age
