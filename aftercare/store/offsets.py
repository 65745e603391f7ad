"""Where each partition stands: written in the transaction of its batch, moved by compare-and-set."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, func, select, update

from aftercare.errors import OffsetMoved
from aftercare.store.tables import offsets
from aftercare.store.upsert import insert_new

Place = tuple[str, int]
"""(topic, partition)."""


def positions(connection: Connection, places: Iterable[Place]) -> dict[Place, RowMapping]:
    """The rows of the partitions that the store knows."""
    wanted = set(places)
    rows = connection.execute(select(offsets)).mappings()
    return {p: row for row in rows if (p := (row["topic"], row["partition"])) in wanted}


def begin(connection: Connection, place: Place, offset: int, topic_id: str = "") -> None:
    """Make a partition known, from its first offset on; one that is known keeps its place. The
    topic's id is remembered as soon as the broker tells one, and never replaced."""
    topic, partition = place
    row = {
        "topic": topic,
        "partition": partition,
        "topic_id": topic_id,
        "first_offset": offset,
        "next_offset": offset,
    }
    insert_new(connection, offsets, [row])
    if topic_id:
        nameless = (offsets.c.topic == topic) & (offsets.c.partition == partition)
        nameless &= offsets.c.topic_id == ""
        connection.execute(update(offsets).where(nameless).values(topic_id=topic_id))


def advance(
    connection: Connection,
    place: Place,
    *,
    begin: int,
    end: int,
    events: int,
    dead: int,
    skipped: int,
) -> None:
    """Move a partition from `begin` to `end`, the next offset to read.

    Raises OffsetMoved when it does not stand at `begin` any more: another consumer has written this
    partition meanwhile, and this batch must be dropped whole.
    """
    topic, partition = place
    where = (offsets.c.topic == topic) & (offsets.c.partition == partition)
    values = {
        "next_offset": end,
        "events": offsets.c.events + events,
        "dead": offsets.c.dead + dead,
        "skipped": offsets.c.skipped + skipped,
    }
    moved = update(offsets).where(where, offsets.c.next_offset == begin).values(values)
    if connection.execute(moved).rowcount != 1:
        raise OffsetMoved(
            f"another consumer has moved {topic}[{partition}] on from {begin} (if this goes on: does "
            "another AFTERCARE_CONSUMER_GROUP use this store?)"
        )


def believe(connection: Connection, place: Place, moment: datetime) -> None:
    """Everything up to a care time was heard on this partition. It may move back: once a clock was
    set back, what was believed about the hour that comes again is worth nothing."""
    topic, partition = place
    where = (offsets.c.topic == topic) & (offsets.c.partition == partition)
    connection.execute(update(offsets).where(where).values(read_past=moment))


def read_past(connection: Connection, topic: str) -> datetime | None:
    """The care time up to which a whole topic was surely read: the least over its partitions;
    None when one of them, or the topic, is not known so far."""
    query = select(func.count(), func.count(offsets.c.read_past), func.min(offsets.c.read_past))
    known, read, least = connection.execute(query.where(offsets.c.topic == topic)).one()
    moment: datetime | None = least
    return moment if known and known == read else None


def forget(connection: Connection, topic: str) -> int:
    """Drop what is known of a topic, so that it is read from its beginning; returns how many
    partitions were forgotten. Facts and triggers are idempotent, so reading again is safe."""
    return connection.execute(delete(offsets).where(offsets.c.topic == topic)).rowcount
