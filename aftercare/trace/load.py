"""Everything that belongs to one trigger's story, read from the store."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from aftercare.store.tables import (
    FACT_TABLES,
    batches,
    deliveries,
    extras,
    failed_expectations,
    follow_ups,
    handoffs,
    switches,
    triggers,
)
from aftercare.store.trace import Note, read


@dataclass(frozen=True)
class Story:
    """One trigger with everything that became of it.

    `messages` were composed and not dropped, oldest first; `told` are the provider's events about
    them; `answer` is the message or hand-off that speaks for a bundled one; `stopped` says what is
    switched off and why; `docs` is the Data Docs page of its last batch.
    """

    trigger: RowMapping
    notes: Sequence[Note]
    messages: Sequence[RowMapping]
    told: Sequence[RowMapping]
    extra: RowMapping | None
    handoff: RowMapping | None
    failures: Sequence[RowMapping]
    customer: RowMapping | None
    subject: RowMapping | None
    answer: RowMapping | None
    stopped: RowMapping | None
    docs: str | None


def load(connection: Connection, trigger_ids: Sequence[str]) -> list[Story]:
    """Stories in the order in which what they are about happened."""
    rows: list[RowMapping] = []
    for start in range(0, len(trigger_ids), 500):
        some = triggers.c.trigger_id.in_(trigger_ids[start : start + 500])
        rows += connection.execute(select(triggers).where(some)).mappings().all()
    rows.sort(key=lambda row: (row["happened_at"], row["trigger_id"]))
    return [_story(connection, row) for row in rows]


def _story(connection: Connection, row: RowMapping) -> Story:
    tid = row["trigger_id"]
    table = FACT_TABLES[row["subject_kind"]]
    written = _all(connection, follow_ups, follow_ups.c.trigger_id == tid, follow_ups.c.composed_at)
    messages = [m for m in written if m["status"] != "dropped"]
    mine = deliveries.c.follow_up_id.in_([m["follow_up_id"] for m in messages])
    return Story(
        trigger=row,
        notes=read(connection, tid),
        messages=messages,
        told=_all(connection, deliveries, mine, deliveries.c.at),
        extra=_one(connection, extras, extras.c.trigger_id == tid),
        handoff=_one(connection, handoffs, handoffs.c.trigger_id == tid),
        failures=_all(
            connection,
            failed_expectations,
            failed_expectations.c.trigger_id == tid,
            failed_expectations.c.expectation,
        ),
        customer=_one(
            connection,
            FACT_TABLES["customer"],
            FACT_TABLES["customer"].c.customer_id == row["customer_id"],
        ),
        subject=_one(connection, table, table.c[f"{row['subject_kind']}_id"] == row["subject_id"]),
        answer=_answer(connection, row),
        stopped=_stopped(connection, row),
        docs=_docs(connection, row),
    )


def _answer(connection: Connection, row: RowMapping) -> RowMapping | None:
    if row["status"] != "bundled":
        return None
    identity = row["follow_up_id"]
    message = _one(connection, follow_ups, follow_ups.c.follow_up_id == identity)
    return message or _one(connection, handoffs, handoffs.c.handoff_id == identity)


def _stopped(connection: Connection, row: RowMapping) -> RowMapping | None:
    of_kind = (switches.c.scope == "kind") & (switches.c.name == row["kind"])
    names = (row["incident"], row["cause"])
    of_incident = (switches.c.scope == "incident") & switches.c.name.in_(names)
    return _one(connection, switches, of_kind | of_incident)


def _docs(connection: Connection, row: RowMapping) -> str | None:
    found = _one(connection, batches, batches.c.batch_id == row["last_batch"])
    return found["docs"] if found else None


def _one(connection: Connection, table: Any, where: Any) -> RowMapping | None:
    return connection.execute(select(table).where(where)).mappings().first()


def _all(connection: Connection, table: Any, where: Any, order: Any) -> Sequence[RowMapping]:
    return connection.execute(select(table).where(where).order_by(order)).mappings().all()
