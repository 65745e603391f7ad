"""Loading the facts of this moment for many triggers: one query a table."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, Connection, RowMapping, bindparam, func, select

from aftercare.decision.model import Case, Moment, Spoken, Trigger
from aftercare.facts.model import KINDS, Complaint, Customer, Facts, Ticket
from aftercare.facts.view import View, view
from aftercare.lifecycle import SPOKEN
from aftercare.steps import incidents
from aftercare.store import facts as store
from aftercare.store.slices import slices
from aftercare.store.tables import cares, complaints, follow_ups, orders, switches, tickets
from aftercare.store.types import Utc

_LOOK_BACK = timedelta(days=400)

# Built once: these run before every decision, and building a statement costs more than running it.
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_ORDERS = (
    select(
        orders.c.customer_id,
        func.count(orders.c.placed_at).label("placed"),
        func.count(orders.c.delivered_at).label("delivered"),
    )
    .where(orders.c.customer_id.in_(_IDS))
    .group_by(orders.c.customer_id)
)
_CASES = [
    (
        cls,
        select(table)
        .where(table.c.customer_id.in_(_IDS))
        .where(table.c.status.is_not(None), table.c.status != "resolved")
        .order_by(table.c[cls.id_field]),
    )
    for table, cls in ((complaints, Complaint), (tickets, Ticket))
]
_AT = func.coalesce(follow_ups.c.accepted_at, follow_ups.c.attempted_at)
_SPOKEN = (
    select(
        *follow_ups.c["follow_up_id", "customer_id", "kind", "accepted_at", "attempted_at"],
        *follow_ups.c["counts", "subject_id", "cause"],
    )
    .where(follow_ups.c.customer_id.in_(_IDS), bindparam("since", type_=Utc) < _AT)
    .where(follow_ups.c.status.in_([s.value for s in SPOKEN]))
    .order_by(_AT.desc(), follow_ups.c.follow_up_id)
)
_ANSWERS = select(cares).where(cares.c.customer_id.in_(_IDS))
_INCIDENTS = select(switches.c.name, switches.c.reason).where(switches.c.scope == "incident")


def load_moments(
    connection: Connection, triggers: Sequence[Trigger], zone: ZoneInfo, now: datetime
) -> dict[str, Moment]:
    """A Moment for each trigger id. Days are those of `zone`, the shop's."""
    if not triggers:
        return {}
    customer_ids = sorted({t.customer_id for t in triggers})
    customers = store.load(connection, Customer, customer_ids)
    subjects = _subjects(connection, triggers)
    counts = _order_counts(connection, customer_ids)
    cases = _open_cases(connection, customer_ids)
    spoken = _spoken(connection, customer_ids, now)
    answers = _answers(connection, customer_ids)
    stopped = _stopped(connection)
    messages = incidents.said(connection, triggers)
    moments: dict[str, Moment] = {}
    for trigger in triggers:
        who = trigger.customer_id
        views = _views(trigger, customers, subjects, zone)
        views["customer"] |= {"open_cases": len(cases[who]), **counts[who]}
        care = (who, trigger.subject_id, trigger.cause)
        answer = answers.get(care) or incidents.answered_by(trigger, messages)
        halted = stopped.get(trigger.incident or "") or stopped.get(trigger.cause)
        moments[trigger.trigger_id] = Moment(views, spoken[who], cases[who], answer, halted)
    return moments


def _views(
    trigger: Trigger,
    customers: Mapping[str, Customer],
    subjects: Mapping[tuple[str, str], Facts],
    zone: ZoneInfo,
) -> dict[str, View]:
    customer = customers.get(trigger.customer_id) or Customer(customer_id=trigger.customer_id)
    views = {"customer": view(customer, zone)}
    subject = subjects.get((trigger.subject_kind, trigger.subject_id))
    if subject is None:
        return views
    views[subject.kind] = view(subject, zone)
    order_id = getattr(subject, "order_id", None)
    if subject.kind != "order" and (order := subjects.get(("order", order_id or ""))):
        views["order"] = view(order, zone)
    return views


def _subjects(connection: Connection, triggers: Sequence[Trigger]) -> dict[tuple[str, str], Facts]:
    found: dict[tuple[str, str], Facts] = {}
    for kind in ("complaint", "ticket", "order"):
        ids = {t.subject_id for t in triggers if t.subject_kind == kind}
        if kind == "order":
            # The orders that complaints and tickets speak of.
            ids |= {o for f in found.values() if (o := getattr(f, "order_id", None))}
        found |= {(kind, i): f for i, f in store.load(connection, KINDS[kind], ids).items()}
    return found


def _order_counts(connection: Connection, ids: Sequence[str]) -> defaultdict[str, dict[str, int]]:
    counts: defaultdict[str, dict[str, int]] = defaultdict(
        lambda: {"orders_placed": 0, "orders_delivered": 0}
    )
    for some in slices(ids):
        for row in connection.execute(_ORDERS, {"ids": some}):
            counts[row.customer_id] = {
                "orders_placed": row.placed,
                "orders_delivered": row.delivered,
            }
    return counts


def _open_cases(connection: Connection, ids: Sequence[str]) -> defaultdict[str, list[Case]]:
    cases: defaultdict[str, list[Case]] = defaultdict(list)
    for cls, query in _CASES:
        for some in slices(ids):
            for row in connection.execute(query, {"ids": some}).mappings():
                case = Case(cls.kind, row[cls.id_field], row.get("severity"))
                cases[row["customer_id"]].append(case)
    return cases


def _spoken(
    connection: Connection, ids: Sequence[str], now: datetime
) -> defaultdict[str, list[Spoken]]:
    spoken: defaultdict[str, list[Spoken]] = defaultdict(list)
    for some in slices(ids):
        asked = {"ids": some, "since": now - _LOOK_BACK}
        for row in connection.execute(_SPOKEN, asked).mappings():
            spoken[row["customer_id"]].append(_to_spoken(row))
    return spoken


def _to_spoken(row: RowMapping) -> Spoken:
    return Spoken(
        row["follow_up_id"],
        row["kind"],
        row["accepted_at"] or row["attempted_at"],
        bool(row["counts"]),
        row["subject_id"],
        row["cause"],
    )


def _answers(connection: Connection, ids: Sequence[str]) -> dict[tuple[str, str, str], str]:
    found: dict[tuple[str, str, str], str] = {}
    for some in slices(ids):
        for row in connection.execute(_ANSWERS, {"ids": some}):
            found[row.customer_id, row.subject_id, row.cause] = row.follow_up_id
    return found


def _stopped(connection: Connection) -> dict[str, str]:
    rows = connection.execute(_INCIDENTS)
    return {row.name: f"incident {row.name} is stopped: {row.reason}" for row in rows}
