"""Loading the facts of this moment for many triggers: one query a table."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping, func, select

from aftercare.decision.model import Case, Moment, Spoken, Trigger
from aftercare.facts.model import KINDS, Complaint, Customer, Facts, Ticket
from aftercare.facts.view import View, view
from aftercare.lifecycle import SPOKEN
from aftercare.store import facts as store
from aftercare.store.tables import cares, complaints, follow_ups, orders, switches, tickets

_LOOK_BACK = timedelta(days=400)


def load_moments(
    connection: Connection, triggers: Sequence[Trigger], zone: ZoneInfo, now: datetime
) -> dict[str, Moment]:
    """A Moment for each trigger id. Days are those of `zone`, the shop's."""
    customer_ids = sorted({t.customer_id for t in triggers})
    customers = store.load(connection, Customer, customer_ids)
    subjects = _subjects(connection, triggers)
    counts = _order_counts(connection, customer_ids)
    cases = _open_cases(connection, customer_ids)
    spoken = _spoken(connection, customer_ids, now)
    answers = _answers(connection, customer_ids)
    stopped = _stopped(connection)
    moments: dict[str, Moment] = {}
    for trigger in triggers:
        who = trigger.customer_id
        views = _views(trigger, customers, subjects, zone)
        views["customer"] |= {"open_cases": len(cases[who]), **counts[who]}
        care = (who, trigger.subject_id, trigger.cause)
        moments[trigger.trigger_id] = Moment(
            views, spoken[who], cases[who], answers.get(care), stopped.get(trigger.incident or "")
        )
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
    query = select(
        orders.c.customer_id,
        func.count(orders.c.placed_at).label("placed"),
        func.count(orders.c.delivered_at).label("delivered"),
    ).group_by(orders.c.customer_id)
    for some in _slices(ids):
        for row in connection.execute(query.where(orders.c.customer_id.in_(some))):
            counts[row.customer_id] = {
                "orders_placed": row.placed,
                "orders_delivered": row.delivered,
            }
    return counts


def _open_cases(connection: Connection, ids: Sequence[str]) -> defaultdict[str, list[Case]]:
    cases: defaultdict[str, list[Case]] = defaultdict(list)
    for table, cls in ((complaints, Complaint), (tickets, Ticket)):
        key = table.c[cls.id_field]
        for some in _slices(ids):
            query = select(table).where(table.c.customer_id.in_(some)).order_by(key)
            query = query.where(table.c.status.is_not(None), table.c.status != "resolved")
            for row in connection.execute(query).mappings():
                case = Case(cls.kind, row[cls.id_field], row.get("severity"))
                cases[row["customer_id"]].append(case)
    return cases


def _spoken(
    connection: Connection, ids: Sequence[str], now: datetime
) -> defaultdict[str, list[Spoken]]:
    spoken: defaultdict[str, list[Spoken]] = defaultdict(list)
    at = func.coalesce(follow_ups.c.accepted_at, follow_ups.c.attempted_at)
    for some in _slices(ids):
        query = select(follow_ups).where(follow_ups.c.customer_id.in_(some))
        query = query.where(follow_ups.c.status.in_([s.value for s in SPOKEN]))
        query = query.where(at > now - _LOOK_BACK).order_by(at.desc(), follow_ups.c.follow_up_id)
        for row in connection.execute(query).mappings():
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
    for some in _slices(ids):
        for row in connection.execute(select(cares).where(cares.c.customer_id.in_(some))):
            found[row.customer_id, row.subject_id, row.cause] = row.follow_up_id
    return found


def _stopped(connection: Connection) -> dict[str, str]:
    query = select(switches.c.name, switches.c.reason).where(switches.c.scope == "incident")
    return {row.name: row.reason for row in connection.execute(query)}


def _slices(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[start : start + 500] for start in range(0, len(ids), 500)]
