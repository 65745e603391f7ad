"""Writing births: a trigger appears once, and starts over when it happens again before it spoke."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select, update

from aftercare.extras import wallet
from aftercare.ids import trigger_id
from aftercare.intake.model import Report
from aftercare.intake.revival import revived_until
from aftercare.lifecycle import REARMABLE, Status
from aftercare.rules.match import Birth
from aftercare.store import trace
from aftercare.store.tables import triggers
from aftercare.store.upsert import insert_new

Origin = Mapping[str, Any]
"""Where a birth comes from: event id and type, topic, partition, offset as far as known."""


def write_births(
    connection: Connection, births: Sequence[tuple[Birth, Origin]], now: datetime, report: Report
) -> None:
    """Insert new triggers and re-arm those that happened again; all else is left as it is.

    A trigger born past its `expires` ends as expired at once and says so: importing history
    surprises nobody. Only consent that comes with the record lets it live (revival.py).
    """
    by_id = {_id(birth): (birth, origin) for birth, origin in births}
    known = _known(connection, list(by_id))
    for tid, (birth, origin) in by_id.items():
        if tid not in known:
            _insert(connection, tid, birth, origin, now, report)
        elif _again(known[tid], birth):
            _rearm(connection, tid, birth, origin, now, report, "armed again")
        elif known[tid]["status"] == Status.EXPIRED and _until(birth, origin, now):
            _rearm(connection, tid, birth, origin, now, report, "revived")


def _id(birth: Birth) -> str:
    return trigger_id(birth.rule.name, birth.customer_id, birth.subject_id, birth.cause)


def _known(connection: Connection, ids: list[str]) -> dict[str, RowMapping]:
    columns = (triggers.c.trigger_id, triggers.c.happened_at, triggers.c.status)
    found: dict[str, RowMapping] = {}
    for start in range(0, len(ids), 500):
        query = select(*columns).where(triggers.c.trigger_id.in_(ids[start : start + 500]))
        found |= {row["trigger_id"]: row for row in connection.execute(query).mappings()}
    return found


def _again(row: RowMapping, birth: Birth) -> bool:
    return bool(row["status"] in REARMABLE and birth.happened_at > row["happened_at"])


def _insert(
    connection: Connection, tid: str, birth: Birth, origin: Origin, now: datetime, report: Report
) -> None:
    rule = birth.rule
    row = _fate(birth, origin, now) | {
        "trigger_id": tid,
        "rule": rule.name,
        "rule_version": rule.version,
        "kind": rule.kind.value,
        "template": rule.send or "",
        "customer_id": birth.customer_id,
        "subject_kind": birth.subject_kind,
        "subject_id": birth.subject_id,
        "cause": birth.cause,
        "born_at": now,
        "attempts": 0,
    }
    insert_new(connection, triggers, [row])
    _tell(connection, tid, row, birth, origin, now, report, "born")


def _rearm(
    connection: Connection,
    tid: str,
    birth: Birth,
    origin: Origin,
    now: datetime,
    report: Report,
    word: str,
) -> None:
    row = _fate(birth, origin, now)
    # Two moves where one is not allowed: an expired trigger wakes up before it may expire anew.
    where = triggers.c.trigger_id == tid
    connection.execute(update(triggers).where(where).values(status=Status.WAITING.value))
    connection.execute(update(triggers).where(where).values(row | {"batch_id": None}))
    if row["status"] == Status.EXPIRED:
        wallet.release(connection, tid)
    _tell(connection, tid, row, birth, origin, now, report, word)


def _until(birth: Birth, origin: Origin, now: datetime) -> datetime | None:
    lasts = birth.rule.expires
    return revived_until(birth.happened_at, birth.expires_at, lasts, origin, now)


def _fate(birth: Birth, origin: Origin, now: datetime) -> dict[str, Any]:
    expires_at = _until(birth, origin, now) or birth.expires_at
    expired = expires_at <= now
    return {
        "happened_at": birth.happened_at,
        "due_at": birth.due_at,
        "expires_at": expires_at,
        "incident": birth.incident,
        "status": (Status.EXPIRED if expired else Status.WAITING).value,
        "status_at": now,
        "reason": "it was too late already when it was heard of" if expired else "",
    }


def _tell(
    connection: Connection,
    tid: str,
    row: Mapping[str, Any],
    birth: Birth,
    origin: Origin,
    now: datetime,
    report: Report,
    word: str,
) -> None:
    kind = birth.rule.kind.value
    expired = row["status"] == Status.EXPIRED
    counts = report.expired if expired else report.born
    counts[kind] = counts.get(kind, 0) + 1
    if expired:
        report.expired_due = min(report.expired_due or birth.due_at, birth.due_at)
    words = f"{word}: rule {birth.rule.name}, happened {birth.happened_at:%Y-%m-%d %H:%M} UTC, "
    words += "past its expiry" if expired else f"due {birth.due_at:%Y-%m-%d %H:%M} UTC"
    detail = {
        "rule": birth.rule.name,
        "rule_version": birth.rule.version,
        "expected": birth.rule.expect,
        "happened_at": birth.happened_at.isoformat(),
        "due_at": birth.due_at.isoformat(),
        "expires_at": row["expires_at"].isoformat(),
        **origin,
    }
    trace.write(connection, [trace.Note(tid, now, "match", row["status"], words, detail)])
