"""Moving triggers from status to status: compare-and-set, with a trace note, in one transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, RowMapping, select, update

from aftercare.decision.model import Trigger
from aftercare.lifecycle import Status
from aftercare.store import trace
from aftercare.store.tables import triggers

_FIELDS = tuple(Trigger.__dataclass_fields__)


def move(
    connection: Connection,
    trigger: Trigger,
    target: Status,
    *,
    at: datetime,
    step: str,
    words: str,
    values: Mapping[str, Any] | None = None,
    detail: Mapping[str, Any] | None = None,
) -> bool:
    """Move one trigger if it still stands as `trigger` says (status and batch); False otherwise.

    Somebody else moved it meanwhile (an expired lease was taken over) when this answers False, and
    whoever asked must leave it alone. Raises through the store's guard for a move that the life of
    a follow-up does not know.
    """
    where = _as_given(trigger)
    row = {"status": target.value, "status_at": at, "reason": words} | dict(values or {})
    if target not in (Status.CLAIMED, Status.SENDING):
        row = {"batch_id": None, "lease_until": None} | row
    done = connection.execute(update(triggers).where(where).values(row))
    if done.rowcount != 1:
        return False
    note = trace.Note(trigger.trigger_id, at, step, target.value, words, dict(detail or {}))
    trace.write(connection, [note])
    return True


def holds(connection: Connection, trigger: Trigger) -> bool:
    """Whether a trigger still stands as `trigger` says; nobody else moves it until the transaction
    ends. A worker that stood still for longer than its lease asks before it writes anything that is
    not a move: reserving an extra, composing."""
    query = select(triggers.c.trigger_id).where(_as_given(trigger)).with_for_update()
    return connection.execute(query).first() is not None


def _as_given(trigger: Trigger) -> ColumnElement[bool]:
    same = (triggers.c.trigger_id == trigger.trigger_id) & (triggers.c.status == trigger.status)
    if trigger.batch_id is None:
        return same & triggers.c.batch_id.is_(None)
    return same & (triggers.c.batch_id == trigger.batch_id)


def of_batch(
    connection: Connection, batch_id: str, *statuses: Status, ids: Sequence[str] | None = None
) -> list[Trigger]:
    """The triggers of a batch in some statuses, in the order in which they fell due."""
    query = select(triggers).where(triggers.c.batch_id == batch_id)
    query = query.where(triggers.c.status.in_([s.value for s in statuses]))
    if ids is not None:
        query = query.where(triggers.c.trigger_id.in_(ids))
    query = query.order_by(triggers.c.due_at, triggers.c.trigger_id)
    return [to_trigger(row) for row in connection.execute(query).mappings()]


def to_trigger(row: RowMapping) -> Trigger:
    """A Trigger from a row of `triggers`."""
    return msgspec.convert({name: row[name] for name in _FIELDS}, Trigger)
