"""Reviving what expired, when an operator asks for it: nobody is surprised by it, least of all the
operator. A revived trigger waits again for as long as its rule's `expires` says and is then decided
like any other: truth, consent, open cases, caps, quiet hours.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, RowMapping, exists, select

from aftercare.decision.model import Trigger
from aftercare.lifecycle import Status
from aftercare.steps.moves import move, to_trigger
from aftercare.steps.parts import Parts
from aftercare.store.engine import reading, writing
from aftercare.store.tables import cares, triggers

_SLICE = 500


@dataclass(frozen=True)
class Wanted:
    """Which expired triggers: of what happened from `since` on and before `until` (aware), by these
    rules (none: by every rule)."""

    since: datetime
    until: datetime | None = None
    rules: Sequence[str] = ()


@dataclass
class Preview:
    """What would wait again by rule, and what would not: `answered` by another message meanwhile,
    `ruleless` because their rule is gone."""

    by_rule: dict[str, list[RowMapping]] = field(default_factory=dict)
    answered: int = 0
    ruleless: int = 0

    @property
    def number(self) -> int:
        return sum(map(len, self.by_rule.values()))


def preview(parts: Parts, wanted: Wanted) -> Preview:
    """What `revive` would do at this moment; changes nothing."""
    found = Preview()
    with reading(parts.engine) as connection:
        for row in _expired(connection, wanted):
            if row["answered"]:
                found.answered += 1
            elif row["rule"] not in parts.rulebook.rules:
                found.ruleless += 1
            else:
                found.by_rule.setdefault(row["rule"], []).append(row)
    return found


def revive(parts: Parts, wanted: Wanted, reason: str) -> int:
    """Let them wait again; returns how many. Asking again finds none. `reason` is kept in the trace
    of each."""
    rows = [row for rows in preview(parts, wanted).by_rule.values() for row in rows]
    number = 0
    for start in range(0, len(rows), _SLICE):
        with writing(parts.engine) as connection:
            some = rows[start : start + _SLICE]
            number += sum(_revive(connection, parts, to_trigger(row), reason) for row in some)
    return number


def _revive(connection: Connection, parts: Parts, trigger: Trigger, reason: str) -> bool:
    now = parts.clock.now()
    lasts: timedelta = parts.rulebook.rules[trigger.rule].expires
    words = f"revived by an operator ({reason}): may be sent until {now + lasts:%Y-%m-%d %H:%M} UTC"
    return move(
        connection,
        trigger,
        Status.WAITING,
        at=now,
        step="operator",
        words=words,
        values={"due_at": now, "expires_at": now + lasts},
    )


def _expired(connection: Connection, wanted: Wanted) -> Sequence[RowMapping]:
    query = select(triggers, _answered().label("answered")).where(
        triggers.c.status == Status.EXPIRED.value, triggers.c.happened_at >= wanted.since
    )
    if wanted.until is not None:
        query = query.where(triggers.c.happened_at < wanted.until)
    if wanted.rules:
        query = query.where(triggers.c.rule.in_(wanted.rules))
    query = query.order_by(triggers.c.rule, triggers.c.happened_at, triggers.c.trigger_id)
    return connection.execute(query).mappings().all()


def _answered() -> ColumnElement[bool]:
    return exists().where(
        cares.c.customer_id == triggers.c.customer_id,
        cares.c.subject_id == triggers.c.subject_id,
        cares.c.cause == triggers.c.cause,
    )
