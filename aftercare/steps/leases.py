"""Leases that ran out: their worker died, or stood still for longer than its lease.

claimed → waiting: nothing had been sent, so anybody may begin anew.
sending → unknown: the request may have gone out; it is never blindly sent again.

A lease that ends further ahead than any lease lasts was given before the clock was set back; it
counts as run out, or its trigger would be stuck for as long as the clock went back. Should its
worker be alive, it finds its claim gone, as after any lease that ran out.
"""

from sqlalchemy import ColumnElement, Connection, or_, select, update

from aftercare.lifecycle import LEASED, Status
from aftercare.steps.moves import move, to_trigger
from aftercare.steps.parts import Parts
from aftercare.store.tables import follow_ups, triggers

_TOO_FAR = 2
"""Leases ahead. One is usual; the clocks of two machines may differ a little."""

_AFTER = {
    Status.CLAIMED: (Status.WAITING, "its worker went away before sending: claimed anew"),
    Status.SENDING: (Status.UNKNOWN, "its worker went away while sending: nobody knows"),
}


def take_over(connection: Connection, parts: Parts) -> int:
    """Move triggers whose lease ran out on the machine's clock; returns how many."""
    now, moved = parts.clock.now(), 0
    query = (
        select(triggers)
        .where(triggers.c.status.in_(sorted(s.value for s in LEASED)))
        .where(_ran_out(parts))
        .order_by(triggers.c.trigger_id)
        .with_for_update(skip_locked=True)
    )
    for row in connection.execute(query).mappings().all():
        trigger = to_trigger(row)
        target, words = _AFTER[Status(trigger.status)]
        if move(connection, trigger, target, at=now, step="lease", words=words):
            moved += 1
            _follow_up(connection, trigger.follow_up_id, target)
    return moved


def _ran_out(parts: Parts) -> ColumnElement[bool]:
    now = parts.machine()
    return or_(
        triggers.c.lease_until < now,
        triggers.c.lease_until > now + _TOO_FAR * parts.settings.lease,
    )


def _follow_up(connection: Connection, follow_up_id: str | None, target: Status) -> None:
    if target is Status.UNKNOWN and follow_up_id is not None:
        where = (follow_ups.c.follow_up_id == follow_up_id) & (follow_ups.c.status == "sending")
        connection.execute(update(follow_ups).where(where).values(status="unknown"))
