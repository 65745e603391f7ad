"""Record: close the batch; whatever is still claimed waits again."""

from sqlalchemy import Connection, func, select, update

from aftercare.lifecycle import Status
from aftercare.steps.model import Batch, Counts
from aftercare.steps.moves import move, of_batch
from aftercare.steps.parts import Parts
from aftercare.store.engine import writing
from aftercare.store.tables import batches, triggers


def record(parts: Parts, batch: Batch) -> Counts:
    """Release leftover claims and write down what became of the batch's triggers."""
    now = parts.clock.now()
    with writing(parts.engine) as connection:
        for trigger in of_batch(connection, batch.batch_id, Status.CLAIMED):
            words = "not sent by this batch: released"
            move(connection, trigger, Status.WAITING, at=now, step="record", words=words)
        counts = _counts(connection, batch)
        where = batches.c.batch_id == batch.batch_id
        connection.execute(update(batches).where(where).values(closed_at=now, counts=dict(counts)))
    return counts


def _counts(connection: Connection, batch: Batch) -> Counts:
    query = select(triggers.c.status, func.count()).where(triggers.c.last_batch == batch.batch_id)
    rows = connection.execute(query.group_by(triggers.c.status))
    found = {str(status): int(number) for status, number in rows}
    return Counts(found | {"claimed": sum(found.values())})
