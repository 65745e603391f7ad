"""Promises: the events that a rule expects, as rows that fall due by index."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping, bindparam, select, update

from aftercare.facts.model import KINDS, Facts
from aftercare.facts.view import for_cel, view
from aftercare.ids import promise_id
from aftercare.intake.births import Origin, write_births
from aftercare.intake.model import Report
from aftercare.rules.match import Birth, Expectation, expected, missed
from aftercare.rules.model import Rule, Rulebook
from aftercare.store import facts as store
from aftercare.store.tables import promises
from aftercare.store.upsert import insert_new

OPEN, KEPT, MISSED, WITHDRAWN = "open", "kept", "missed", "withdrawn"


def write_promises(
    connection: Connection,
    subjects: Iterable[Facts],
    origins: Mapping[tuple[tuple[str, str], str], Origin],
    rulebook: Rulebook,
    zone: ZoneInfo,
    now: datetime,
) -> None:
    """Write what the rules expect of the subjects touched: open ones, and those kept in time."""
    rows = []
    for facts in subjects:
        views = for_cel({facts.kind: view(facts, zone)}, zone)
        for rule in _expecting(rulebook, facts.kind):
            if (expectation := expected(rule, facts, zone, views)) is not None:
                origin = origins.get(((facts.kind, facts.id), rule.event), {})
                rows.append(_row(rule, facts, expectation, origin) | {"heard_at": now})
    insert_new(connection, promises, rows)
    _settle(connection, rows)


def _expecting(rulebook: Rulebook, kind: str) -> list[Rule]:
    return [r for r in rulebook.rules.values() if r.after is not None and r.subject_kind == kind]


def _row(rule: Rule, facts: Facts, expectation: Expectation, origin: Origin) -> dict[str, Any]:
    return {
        "promise_id": promise_id(rule.name, facts.customer_id, facts.id),
        "rule": rule.name,
        "customer_id": facts.customer_id,
        "subject_kind": facts.kind,
        "subject_id": facts.id,
        "topic": expectation.topic,
        "by": expectation.by,
        "status": KEPT if expectation.kept else OPEN,
        "event": dict(origin),
    }


_MINE = promises.c.promise_id == bindparam("mine")
_KEEP = update(promises).where(_MINE, promises.c.status != KEPT)
_MOVE = update(promises).where(
    _MINE, promises.c.status == OPEN, promises.c.by != bindparam("moved")
)


def _settle(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Promises known before: kept meanwhile, or the promised moment moved before it was judged."""
    kept = [{"mine": r["promise_id"], "moved": r["by"]} for r in rows if r["status"] == KEPT]
    still_open = [{"mine": r["promise_id"], "moved": r["by"]} for r in rows if r["status"] == OPEN]
    if kept:
        connection.execute(_KEEP.values(status=KEPT, by=bindparam("moved")), kept)
    if still_open:
        connection.execute(_MOVE.values(by=bindparam("moved")), still_open)


def judge_promises(
    connection: Connection,
    heard: Mapping[str, datetime | None],
    *,
    rulebook: Rulebook,
    zone: ZoneInfo,
    now: datetime,
    limit: int = 1000,
) -> tuple[int, Report]:
    """Close promises whose time has passed and past which we have surely heard everything.

    `heard` gives for each topic the care time up to which it was read (None: not believed yet).
    Returns how many promises were closed (call again while it equals `limit`) and what was born.
    """
    report = Report()
    due = _due(connection, heard, now, limit)
    facts = _subjects(connection, due)
    births: list[tuple[Birth, Origin]] = []
    for row in due:
        birth = _judge(row, facts, rulebook, zone)
        closed = MISSED if birth else WITHDRAWN
        where = promises.c.promise_id == row["promise_id"]
        connection.execute(update(promises).where(where).values(status=closed))
        if birth:
            births.append((birth, row["event"]))
    write_births(connection, births, now, report)
    return len(due), report


def _due(
    connection: Connection, heard: Mapping[str, datetime | None], now: datetime, limit: int
) -> Sequence[RowMapping]:
    due: list[RowMapping] = []
    for topic, moment in heard.items():
        if moment is None:
            continue
        query = (
            select(promises)
            .where(promises.c.status == OPEN, promises.c.by <= min(moment, now))
            .where(promises.c.topic == topic)
            .order_by(promises.c.by, promises.c.promise_id)
            .limit(limit - len(due))
            .with_for_update(skip_locked=True)
        )
        due += connection.execute(query).mappings().all()
    return due


def _subjects(connection: Connection, due: Sequence[RowMapping]) -> dict[tuple[str, str], Facts]:
    facts: dict[tuple[str, str], Facts] = {}
    for kind in {row["subject_kind"] for row in due}:
        ids = {row["subject_id"] for row in due if row["subject_kind"] == kind}
        facts |= {(kind, i): f for i, f in store.load(connection, KINDS[kind], ids).items()}
    return facts


def _judge(
    row: RowMapping, facts: Mapping[tuple[str, str], Facts], rulebook: Rulebook, zone: ZoneInfo
) -> Birth | None:
    rule = rulebook.rules.get(row["rule"])
    subject = facts.get((row["subject_kind"], row["subject_id"]))
    if rule is None or subject is None:
        return None
    return missed(rule, row["by"], subject, zone)
