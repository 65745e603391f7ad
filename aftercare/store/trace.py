"""The trace: why. Append-only rows, written in the transaction of the step they tell of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from aftercare.store.tables import trace


@dataclass(frozen=True)
class Note:
    """One step of one trigger. `words` and `detail` hold ids, names and numbers, nothing personal."""

    trigger_id: str
    at: datetime
    step: str
    status: str
    words: str
    detail: dict[str, Any] = field(default_factory=dict)


def write(connection: Connection, notes: Sequence[Note]) -> None:
    """Append notes."""
    if notes:
        connection.execute(insert(trace), [vars(note) for note in notes])


def read(connection: Connection, trigger_id: str) -> list[Note]:
    """All notes of one trigger, oldest first."""
    query = select(trace).where(trace.c.trigger_id == trigger_id).order_by(trace.c.trace_id)
    return [
        Note(r["trigger_id"], r["at"], r["step"], r["status"], r["words"], r["detail"])
        for r in connection.execute(query).mappings()
    ]
