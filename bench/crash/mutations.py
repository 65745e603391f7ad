"""One safety taken away at a time: the rig must notice, or it proves nothing."""

from typing import Any

from sqlalchemy import update

from aftercare.lifecycle import Status
from aftercare.steps import leases
from aftercare.store import offsets
from aftercare.store.engine import writing
from aftercare.store.tables import offsets as table

MUTATIONS = ("", "offset-compare-and-set", "offset-before-facts", "unknown-is-resent", "no-lease")


def mutate(name: str) -> None:
    """Take a safety away in this process; nothing for an empty name."""
    if name:
        _CHANGES[name]()


def _offset_compare_and_set() -> None:
    """Two consumers of one partition no longer notice each other."""

    def advance(connection: Any, place: Any, *, begin: int, end: int, **counts: int) -> None:
        values = {n: table.c[n] + v for n, v in counts.items()} | {"next_offset": end}
        where = (table.c.topic == place[0]) & (table.c.partition == place[1])
        connection.execute(update(table).where(where).values(values))

    offsets.advance = advance


def _offset_before_facts() -> None:
    """The offset is committed first, the facts after it."""
    from consumers import batch

    original = batch.Handler._take_in

    def take_in(self: Any, connection: Any, records: Any) -> Any:
        with writing(self._engine) as own:
            for partition, rows in records.items():
                place = (partition.topic, partition.partition)
                begin, end = rows[0].offset, rows[-1].offset + 1
                skipped = 0
                offsets.advance(
                    own, place, begin=begin, end=end, events=len(rows), dead=0, skipped=skipped
                )
        from aftercare.crashpoints import reach

        reach("in-transaction")
        return original(self, connection, records)

    batch.Handler._take_in = take_in  # type: ignore[method-assign]
    batch._advance = lambda *_: None  # type: ignore[assignment]


def _unknown_is_resent() -> None:
    """A send whose worker died is simply sent again."""
    from sqlalchemy import select

    from aftercare.lifecycle import MOVES
    from aftercare.steps import send
    from aftercare.steps.answer import let_next_speak
    from aftercare.steps.moves import move, to_trigger
    from aftercare.store.tables import follow_ups, triggers

    assert Status.WAITING in MOVES[Status.SENDING]

    def take_over(connection: Any, parts: Any) -> int:
        query = select(triggers).where(triggers.c.lease_until < parts.machine())
        for row in connection.execute(query).mappings().all():
            trigger, now = to_trigger(row), parts.clock.now()
            values = {"attempts": trigger.attempts + 1, "follow_up_id": None}
            move(connection, trigger, Status.WAITING, at=now, step="lease", words="", values=values)
            where = follow_ups.c.follow_up_id == trigger.follow_up_id
            connection.execute(update(follow_ups).where(where).values(status="failed"))
            let_next_speak(connection, parts, trigger)
        return 0

    leases.take_over = take_over
    from aftercare.steps import claim
    from aftercare.upkeep import tidy

    claim.take_over = take_over
    tidy.take_over = take_over
    assert send is not None


def _no_lease() -> None:
    """Nobody takes over what a dead worker had claimed."""
    from aftercare.steps import claim
    from aftercare.upkeep import tidy

    claim.take_over = lambda *_: 0
    tidy.take_over = lambda *_: 0


_CHANGES = {
    "offset-compare-and-set": _offset_compare_and_set,
    "offset-before-facts": _offset_before_facts,
    "unknown-is-resent": _unknown_is_resent,
    "no-lease": _no_lease,
}
