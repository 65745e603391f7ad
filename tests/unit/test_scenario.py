"""The demo's invented week: the same for a seed, clean where it should be, dirty where it should."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aftercare.demo.scenario import ORDERS, START, scenario, week_of_olist
from aftercare.errors import EventError
from aftercare.events import types as e
from aftercare.events.decode import decode
from aftercare.facts.fold import fold_subject, new_facts
from aftercare.facts.model import Complaint, Facts, Order, Ticket
from aftercare.facts.view import view
from aftercare.simulate.lines import Line, parse_line
from aftercare.sources.olist.moments import ZONE

END = START + timedelta(days=7)
REAL = Path(__file__).parents[2] / ".." / "shared" / "data" / "olist"


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    told = map(msgspec.json.encode, scenario(7))
    return [parse_line(line, number) for number, line in enumerate(told)]


@pytest.fixture(scope="module")
def events(lines: list[Line]) -> list[e.AnyEvent]:
    return [event for line in lines if isinstance(event := _decoded(line), e.Event)]


@pytest.fixture(scope="module")
def facts(events: list[e.AnyEvent]) -> dict[str, Facts]:
    rows: dict[str, Facts] = {}
    for event in events:
        if (empty := new_facts(event)) is not None:
            fold_subject(rows.setdefault(empty.id, empty), event)
    return rows


def orders(facts: dict[str, Facts]) -> list[dict[str, Any]]:
    return [view(row, ZONE) for row in facts.values() if isinstance(row, Order)]


def test_a_seed_always_tells_the_same_week() -> None:
    assert list(scenario(7)) == list(scenario(7))
    assert list(scenario(7)) != list(scenario(8))


def test_the_week_begins_where_it_is_told_to() -> None:
    start = datetime(2030, 6, 3, 3, tzinfo=UTC)
    placed = [line for line in scenario(7, start) if line.get("type") == "order.placed"]
    times = [datetime.fromisoformat(line["time"]) for line in placed]
    assert start - timedelta(days=13) < min(times) < start < max(times) < start + timedelta(days=7)


def test_every_event_is_told_when_it_is_heard(lines: list[Line]) -> None:
    times = [line.time for line in lines]
    assert all(time is not None and time < END for time in times)


def test_messages_that_are_none_are_dead_for_many_reasons(lines: list[Line]) -> None:
    reasons = Counter(error.reason for line in lines if (error := _refused(line)))
    assert reasons.total() == 12
    assert set(reasons) == {
        "empty",
        "not-json",
        "not-cloudevents",
        "unknown-type",
        "bad-data",
        "bad-text",
        "wrong-topic",
        "wrong-key",
    }


def test_some_events_are_said_twice(events: list[e.AnyEvent]) -> None:
    repeats = len(events) - len({(event.source, event.id) for event in events})
    assert 0.005 < repeats / len(events) < 0.05


def test_some_orders_are_late_some_missing_and_most_in_time(facts: dict[str, Facts]) -> None:
    week = orders(facts)
    late = [order for order in week if (order["days_late"] or 0) >= 1]
    ended = {"delivered", "cancelled", "refunded", "damaged"}
    missing = [o for o in week if o["status"] not in ended and o["promised_on"] < END.date()]
    assert len(week) == ORDERS
    assert 40 <= len(late) <= 70
    assert 8 <= len(missing) <= 25


def test_one_carriers_lorry_breaks_down(facts: dict[str, Facts]) -> None:
    late = [order for order in orders(facts) if order["days_late"] == 2]
    by_carrier = Counter((order["carrier"], order["delivered_on"]) for order in late)
    (carrier, _), number = by_carrier.most_common(1)[0]
    assert carrier == "Rota Sul"
    assert number >= 12


def test_some_customers_have_trouble_again(facts: dict[str, Facts]) -> None:
    late = Counter(o["customer_id"] for o in orders(facts) if (o["days_late"] or 0) >= 1)
    assert sorted(late.values(), reverse=True)[:3] == [3, 2, 2]


def test_some_are_loyal_and_well_served(facts: dict[str, Facts]) -> None:
    loyal = [o for o in orders(facts) if o["nth_order"] in (5, 10) and o["days_late"] is not None]
    assert len([o for o in loyal if o["days_late"] <= 0 and o["delivered_at"] >= START]) >= 7


def test_complaints_are_of_every_severity_and_some_took_long(facts: dict[str, Facts]) -> None:
    complaints = [view(row, ZONE) for row in facts.values() if isinstance(row, Complaint)]
    severities = Counter(complaint["severity"] for complaint in complaints)
    assert set(severities) == {"low", "medium", "high", "critical"}
    assert severities["critical"] == 1
    assert len([c for c in complaints if (c["days_open"] or 0) >= 7]) == 4
    assert "opened" in {complaint["status"] for complaint in complaints}


def test_a_resolved_ticket_is_opened_again(facts: dict[str, Facts]) -> None:
    tickets = Counter(row.status for row in facts.values() if isinstance(row, Ticket))
    assert tickets["reopened"] == 1
    assert tickets["resolved"] >= 8


def test_facts_are_dirty_enough_for_a_gate(events: list[e.AnyEvent]) -> None:
    placed = {
        event.data.order_id: event.data for event in events if isinstance(event, e.OrderPlaced)
    }
    names = {order.customer.first_name for order in placed.values() if order.customer}
    totals = [order.total for order in placed.values() if order.total]
    assert "{first_name}" in names
    assert any(total.decimal < 0 for total in totals)
    assert any(total.currency == "ZZZ" for total in totals)
    assert any(event.time > END + timedelta(days=365) for event in events)


def test_one_leaves_and_one_wants_no_extras(events: list[e.AnyEvent]) -> None:
    told = Counter(event.type for event in events if isinstance(event, e.CustomerEvent))
    assert told["customer.erased"] >= 1
    assert told["customer.updated"] >= 1


def test_both_languages_are_spoken(events: list[e.AnyEvent]) -> None:
    people = [event.data.customer for event in events if isinstance(event, e.OrderPlaced)]
    languages = Counter(person.language for person in people if person)
    assert set(languages) == {"pt", "en"}


@pytest.mark.skipif(not REAL.is_dir(), reason="no ../shared/data/olist")
def test_a_real_week_holds_the_history_of_its_orders_and_ends_in_time() -> None:
    start = datetime(2017, 12, 18, tzinfo=ZONE)
    told = [decode(msgspec.json.encode(line)) for line in week_of_olist(REAL, start)]
    assert max(event.time for event in told) < start + timedelta(days=7)
    placed = {event.data.order_id for event in told if isinstance(event, e.OrderPlaced)}
    delivered = {event.data.order_id for event in told if isinstance(event, e.OrderDelivered)}
    assert delivered <= placed
    assert len(placed - delivered) > 60, "promises that fall due belong to the week"


def _decoded(line: Line) -> e.AnyEvent | EventError:
    record = line.incoming
    try:
        return decode(record.value, topic=record.topic, key=record.key)
    except EventError as error:
        return error


def _refused(line: Line) -> EventError | None:
    found = _decoded(line)
    return found if isinstance(found, EventError) else None
