"""A batch of records becomes facts, triggers and promises, in the caller's transaction."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from aftercare.errors import EventError
from aftercare.events.decode import decode
from aftercare.events.types import Event
from aftercare.facts.fold import fold_customer, fold_subject, new_facts
from aftercare.facts.model import KINDS, Customer, Facts
from aftercare.facts.view import for_cel, view
from aftercare.intake.awaken import awaken
from aftercare.intake.births import Origin, write_births
from aftercare.intake.closings import close_handoffs
from aftercare.intake.erasure import erase
from aftercare.intake.expect import write_promises
from aftercare.intake.model import Dead, Incoming, Report
from aftercare.rules.match import Birth, born
from aftercare.rules.model import Rulebook
from aftercare.store import facts as store

Key = tuple[str, str]
"""(kind, id) of a facts row."""


@dataclass
class Folded:
    """Facts after folding: every row touched, which changed, and which record wrote which type."""

    rows: dict[Key, Facts] = field(default_factory=dict)
    changed: set[Key] = field(default_factory=set)
    origins: dict[tuple[Key, str], Origin] = field(default_factory=dict)


def take_in(
    connection: Connection,
    records: Sequence[Incoming],
    *,
    rulebook: Rulebook,
    zone: ZoneInfo,
    now: datetime,
    along: Collection[str] = (),
) -> Report:
    """Decode, fold, match and write; what cannot be understood comes back in the report.

    `now` is the care time (aware). Handling a batch twice, or the same events in another order or
    in other batches, leaves the same rows. Nothing is committed here. `along`: further customers that
    the caller writes in the same transaction, to be locked in one order with those of the events.
    """
    report = Report()
    events = list(_decoded(records, report))
    folded = fold(connection, events, along)
    store.save(connection, [folded.rows[key] for key in sorted(folded.changed)])
    subjects = {key: row for key, row in folded.rows.items() if key[0] != "customer"}
    births = list(_births(subjects, folded.origins, rulebook, zone))
    write_births(connection, births, now, report)
    write_promises(connection, subjects.values(), folded.origins, rulebook, zone, now)
    changed = [folded.rows[key] for key in folded.changed]
    close_handoffs(connection, (event for _, event in events), changed, now)
    erase(connection, changed, now)
    report.woken = awaken(connection, changed, now)
    return report


def _decoded(records: Sequence[Incoming], report: Report) -> Iterator[tuple[Incoming, Event]]:
    for record in records:
        try:
            event = decode(record.value, topic=record.topic, key=record.key)
        except EventError as error:
            report.dead.append(Dead(record, error.reason, str(error)))
            continue
        report.events += 1
        yield record, event


def fold(
    connection: Connection, events: Sequence[tuple[Incoming, Event]], along: Collection[str] = ()
) -> Folded:
    """Load every row that the events speak of, once, and fold them in memory."""
    folded = Folded(rows=_load(connection, [event for _, event in events], along))
    for record, event in events:
        customer_key = ("customer", event.data.customer_id)  # type: ignore[attr-defined]
        customer = folded.rows[customer_key]
        if isinstance(customer, Customer) and fold_customer(customer, event):
            folded.changed.add(customer_key)
        if (empty := new_facts(event)) is not None:
            key = (empty.kind, empty.id)
            if fold_subject(folded.rows.setdefault(key, empty), event):
                folded.changed.add(key)
            folded.origins[key, event.type] = _origin(record, event)
    return folded


def _load(
    connection: Connection, events: Sequence[Event], along: Collection[str]
) -> dict[Key, Facts]:
    customers = {event.data.customer_id for event in events}  # type: ignore[attr-defined]
    store.lock_customers(connection, customers)
    if along:
        store.lock(connection, customers | set(along))
    ids: dict[str, set[str]] = {kind: set() for kind in KINDS}
    ids["customer"] = customers
    for event in events:
        if (empty := new_facts(event)) is not None:
            ids[empty.kind].add(empty.id)
    rows: dict[Key, Facts] = {}
    for kind, cls in KINDS.items():
        rows |= {
            (kind, i): row for i, row in store.load(connection, cls, ids[kind], lock=True).items()
        }
    return rows


def _origin(record: Incoming, event: Event) -> dict[str, Any]:
    consent = record.revive_since
    return {
        "event_id": event.id,
        "type": event.type,
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        **({"revive_since": consent.isoformat()} if consent is not None else {}),
    }


def _births(
    subjects: dict[Key, Facts],
    origins: dict[tuple[Key, str], Origin],
    rulebook: Rulebook,
    zone: ZoneInfo,
) -> Iterator[tuple[Birth, Origin]]:
    for key, facts in subjects.items():
        views = for_cel({key[0]: view(facts, zone)}, zone)
        for rule in rulebook.rules.values():
            if rule.on is None or rule.subject_kind != key[0]:
                continue
            if (birth := born(rule, facts, zone, views)) is not None:
                yield birth, origins.get((key, rule.event), _remembered(facts, rule.event))


def _remembered(facts: Facts, event_type: str) -> Origin:
    # The event came in an earlier batch; its id is what the register remembers.
    stamp = facts.versions.get(event_type, "")
    return {"event_id": stamp.partition("|")[2], "type": event_type}
