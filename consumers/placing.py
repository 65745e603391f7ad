"""Where to read on: the store decides, and refuses when Kafka is not what it was."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Engine

from aftercare.errors import StreamError
from aftercare.store import offsets
from aftercare.store.engine import writing
from aftercare.store.offsets import Place


@dataclass(frozen=True)
class Known:
    """What Kafka tells of a partition: the first offset it still has, and its topic's id ("": none)."""

    first: int
    topic_id: str


def place(
    engine: Engine, known: Mapping[Place, Known], mine: Collection[Place]
) -> dict[Place, int]:
    """The next offset of each partition of `mine`. Every known partition that the store does not
    know begins at its first offset. Raises StreamError for a topic that was made again and for
    events that Kafka dropped before they were read."""
    with writing(engine) as connection:
        for each, told in sorted(known.items(), key=lambda item: item[0]):
            offsets.begin(connection, each, told.first, told.topic_id)
        rows = offsets.positions(connection, known)
        for each in mine:
            _refuse_another_topic(each, rows[each]["topic_id"], known[each].topic_id)
            _refuse_lost(each, int(rows[each]["next_offset"]), known[each].first)
    return {each: int(rows[each]["next_offset"]) for each in mine}


def _refuse_another_topic(place: Place, ours: str, theirs: str) -> None:
    if ours and theirs and ours != theirs:
        topic = place[0]
        raise StreamError(
            f"topic {topic} is another one than we read so far: it was deleted and made again, or "
            f"this is another cluster. To read it from its beginning: stop the consumers, then "
            f"`aftercare offsets reset {topic} --yes` (reading again is safe)"
        )


def _refuse_lost(place: Place, offset: int, first: int) -> None:
    topic, partition = place
    if offset < first:
        raise StreamError(
            f"{topic}[{partition}] begins at {first}, but was read up to {offset} only: "
            f"{first - offset} events are lost to retention. If that is accepted: "
            f"`aftercare offsets reset {topic} --yes` (reading again is safe)"
        )
