"""Claim: take due triggers of a kind, with a lease."""

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, func, select, update

from aftercare.crashpoints import reach
from aftercare.lifecycle import CLAIMABLE, Status
from aftercare.steps.leases import take_over
from aftercare.steps.model import Batch, Counts
from aftercare.steps.parts import Parts
from aftercare.steps.switch import stop, stopped
from aftercare.steps.volume import too_many
from aftercare.store.engine import writing
from aftercare.store.tables import batches, triggers
from aftercare.store.trace import Note, write
from aftercare.store.upsert import insert_new


def claim(parts: Parts, batch: Batch) -> Counts:
    """Claim up to `settings.chunk` due triggers of the batch's kind.

    A crash right after leaves claims whose lease runs out; then they wait again and nothing was
    sent. Claiming again with the same batch only adds up to the chunk, so a retried task goes on.
    A stopped kind claims nothing. Raises BatchStopped when far more than usual is due at once.
    """
    with writing(parts.engine) as connection:
        take_over(connection, parts)
        if stopped(connection, "kind", batch.kind):
            return Counts(stopped=1)
        reason = too_many(connection, batch.kind, parts)
        if reason is None:
            counts = _take(connection, parts, batch)
    if reason is not None:
        stop(parts, "kind", batch.kind, reason, loud=True)
    reach("after-claim")
    return counts


def _take(connection: Connection, parts: Parts, batch: Batch) -> Counts:
    now = parts.clock.now()
    had = _held_by(connection, batch)
    rows = _due(connection, batch.kind, parts, parts.settings.chunk - had)
    ids = [row["trigger_id"] for row in rows]
    values = {
        "status": Status.CLAIMED.value,
        "status_at": now,
        "batch_id": batch.batch_id,
        "last_batch": batch.batch_id,
        "lease_until": parts.machine() + parts.settings.lease,
    }
    for start in range(0, len(ids), 500):
        where = triggers.c.trigger_id.in_(ids[start : start + 500])
        connection.execute(update(triggers).where(where).values(values))
    words = f"claimed by batch {batch.batch_id}"
    write(connection, [Note(i, now, "claim", Status.CLAIMED, words) for i in ids])
    if had + len(ids):
        opened = {"batch_id": batch.batch_id, "kind": batch.kind, "claimed_at": now, "counts": {}}
        insert_new(connection, batches, [opened])
    return Counts(claimed=had + len(ids))


def _held_by(connection: Connection, batch: Batch) -> int:
    where = (triggers.c.batch_id == batch.batch_id) & (triggers.c.status == Status.CLAIMED.value)
    query = select(func.count()).select_from(triggers).where(where)
    return int(connection.execute(query).scalar_one())


def _due(connection: Connection, kind: str, parts: Parts, limit: int) -> Sequence[RowMapping]:
    query = (
        select(triggers.c.trigger_id)
        .where(triggers.c.kind == kind, triggers.c.due_at <= parts.clock.now())
        .where(triggers.c.status.in_(sorted(s.value for s in CLAIMABLE)))
        .order_by(triggers.c.due_at, triggers.c.trigger_id)
        .limit(max(limit, 0))
        .with_for_update(skip_locked=True)
    )
    return connection.execute(query).mappings().all()
