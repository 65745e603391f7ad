"""Dead letters: what could not be understood, kept with its reason, replayable."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, delete, select, update

from aftercare.intake.model import Dead
from aftercare.store.slices import slices
from aftercare.store.tables import dead_letters
from aftercare.store.upsert import insert_new

OPEN, REPLAYED, DROPPED = "open", "replayed", "dropped"
_SPACE = uuid.UUID("0b8b1f1a-9c1f-5d0e-8a39-4a2f0f6f7d21")


def write(connection: Connection, dead: Sequence[Dead], now: datetime) -> None:
    """Keep dead letters; one that is known by its place is left as it is."""
    insert_new(connection, dead_letters, [_row(each, now) for each in dead])


def _row(dead: Dead, now: datetime) -> dict[str, object]:
    record = dead.incoming
    place = f"{record.topic}/{record.partition}/{record.offset}"
    return {
        "dead_letter_id": str(uuid.uuid5(_SPACE, place)),
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "key": record.key,
        "value": record.value,
        "reason": dead.reason,
        "detail": dead.detail,
        "status": OPEN,
        "at": now,
    }


def find(
    connection: Connection,
    *,
    ids: Sequence[str] = (),
    reason: str | None = None,
    topic: str | None = None,
    status: str | None = OPEN,
) -> Sequence[RowMapping]:
    """Dead letters by filter, in the order of their places. `ids`: a few; none means any."""
    return connection.execute(_query(ids, reason, topic, status)).mappings().all()


def ids_of(
    connection: Connection, *, ids: Sequence[str] = (), reason: str | None, topic: str | None
) -> list[str]:
    """Ids of open dead letters by filter, in the order of their places."""
    query = _query(ids, reason, topic, OPEN).with_only_columns(dead_letters.c.dead_letter_id)
    return list(connection.execute(query).scalars())


def take(connection: Connection, ids: Sequence[str]) -> Sequence[RowMapping]:
    """Those of a few that are still open; nobody else replays or drops them until the transaction
    ends."""
    query = _query(ids, None, None, OPEN).with_for_update()
    return connection.execute(query).mappings().all()


def _query(
    ids: Sequence[str], reason: str | None, topic: str | None, status: str | None
) -> Select[Any]:
    where: list[ColumnElement[bool]] = []
    if ids:
        where.append(dead_letters.c.dead_letter_id.in_(ids))
    for column, value in (
        (dead_letters.c.reason, reason),
        (dead_letters.c.topic, topic),
        (dead_letters.c.status, status),
    ):
        if value is not None:
            where.append(column == value)
    query = select(dead_letters).where(*where)
    places = (dead_letters.c.topic, dead_letters.c.partition, dead_letters.c.offset)
    return query.order_by(*places)


def settle(connection: Connection, ids: Collection[str], status: str) -> int:
    """Mark open ones as replayed or dropped; returns how many were open."""
    done = 0
    for some in slices(ids):
        where = dead_letters.c.dead_letter_id.in_(some) & (dead_letters.c.status == OPEN)
        done += connection.execute(update(dead_letters).where(where).values(status=status)).rowcount
    return done


def forget(connection: Connection, topic: str) -> int:
    """Drop the settled ones of a topic that is read from its beginning again: its places will be
    taken anew. Open ones are the caller's affair. Returns how many there were."""
    where = (dead_letters.c.topic == topic) & (dead_letters.c.status != OPEN)
    return connection.execute(delete(dead_letters).where(where)).rowcount
