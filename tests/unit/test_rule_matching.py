"""Matching: what a subject's facts call for, whatever came first."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from aftercare import ids
from aftercare.decision.policy_file import load_policy
from aftercare.events.types import TYPES
from aftercare.facts.fold import fold_subject, new_facts
from aftercare.facts.happened import HAPPENED, happened_at
from aftercare.facts.model import KINDS, Complaint, Order, Ticket
from aftercare.rules.load import load_rules
from aftercare.rules.match import Birth, born, expected, missed

ROOT = Path(__file__).resolve().parents[2]
OLIST = ROOT / "../shared/data/olist"
POLICY = load_policy(ROOT / "policy.yml")
BOOK = load_rules(ROOT / "rules", budgets=set(POLICY.budgets), teams=set(POLICY.teams))
RULES = BOOK.rules
SHOP = ZoneInfo("America/Sao_Paulo")
SUBJECTS = ("order", "complaint", "ticket")
PLACED = datetime(2018, 8, 1, 12, 0, tzinfo=UTC)
PROMISED = date(2018, 8, 20)
BY = datetime(2018, 8, 22, 3, 0, tzinfo=UTC)


def order(**fields: Any) -> Order:
    return Order(customer_id="c", order_id="o", **fields)


def placed(**fields: Any) -> Order:
    return order(status="placed", placed_at=PLACED, promised_on=PROMISED, **fields)


def birth(rule: str, facts: Any) -> Birth | None:
    return born(RULES[rule], facts, SHOP)


def test_a_late_delivery_is_due_after_its_wait_and_stale_after_its_time() -> None:
    came = datetime(2018, 8, 21, 15, 0, tzinfo=UTC)
    found = birth("late-delivery", placed(delivered_at=came))
    assert found is not None
    assert (found.happened_at, found.due_at) == (came, came + timedelta(hours=2))
    assert found.expires_at == came + timedelta(days=5)
    assert (found.subject_kind, found.subject_id, found.cause) == ("order", "o", "lateness")


def test_an_evening_delivery_on_the_promised_day_is_not_late() -> None:
    evening = datetime(2018, 8, 21, 2, 30, tzinfo=UTC)  # half past eleven on the 20th, in the shop
    assert birth("late-delivery", placed(delivered_at=evening)) is None


def test_a_delivery_without_its_order_waits_for_the_order() -> None:
    came = datetime(2018, 8, 21, 15, 0, tzinfo=UTC)
    assert birth("late-delivery", order(delivered_at=came)) is None
    assert birth("late-delivery", placed(delivered_at=came)) is not None


def test_nothing_is_born_of_what_has_not_happened() -> None:
    empty = {cls.kind: cls for cls in (Order, Complaint, Ticket)}
    for rule in RULES.values():
        cls = empty[rule.subject_kind]
        facts = msgspec.convert({"customer_id": "c", cls.id_field: "x"}, cls)
        assert born(rule, facts, SHOP) is None
        assert expected(rule, facts, SHOP) is None


def test_a_critical_complaint_goes_to_a_person_and_gets_no_template() -> None:
    complaint = Complaint(
        customer_id="c", complaint_id="k", status="opened", severity="critical", opened_at=PLACED
    )
    assert birth("critical-complaint", complaint) is not None
    assert birth("complaint-received", complaint) is None


def test_a_complaint_of_unknown_severity_calls_for_neither() -> None:
    complaint = Complaint(customer_id="c", complaint_id="k", opened_at=PLACED)
    assert birth("critical-complaint", complaint) is None
    assert birth("complaint-received", complaint) is None


def test_an_order_expects_its_delivery_by_a_moment_on_a_topic() -> None:
    found = expected(RULES["promise-missed"], placed(), SHOP)
    assert found is not None
    assert (found.by, found.topic, found.kept) == (BY, "orders", False)
    assert found.by.utcoffset() == timedelta(0)


def test_an_order_without_a_promise_expects_nothing() -> None:
    assert expected(RULES["promise-missed"], order(placed_at=PLACED), SHOP) is None


@pytest.mark.parametrize(("seconds", "kept"), [(-1, True), (0, True), (1, False)])
def test_a_promise_is_kept_up_to_its_very_moment(seconds: int, kept: bool) -> None:
    came = placed(delivered_at=BY + timedelta(seconds=seconds))
    found = expected(RULES["promise-missed"], came, SHOP)
    assert found is not None
    assert found.kept is kept
    assert (missed(RULES["promise-missed"], BY, came, SHOP) is None) is kept


def test_a_missed_promise_happened_when_it_should_have_been_kept() -> None:
    found = missed(RULES["promise-missed"], BY, placed(), SHOP)
    assert found is not None
    assert found.happened_at == BY
    assert found.expires_at == BY + timedelta(days=5)


@pytest.mark.parametrize("status", ["cancelled", "refunded"])
def test_a_cancelled_order_misses_no_promise(status: str) -> None:
    gone = placed()
    setattr(gone, f"{status}_at", gone.placed_at)
    assert missed(RULES["promise-missed"], BY, gone, SHOP) is None


def test_what_still_says_of_others_is_left_to_the_moment_of_sending(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(
        "r:\n  after: order.placed\n  expect: order.delivered\n  by: order.promised_on\n"
        "  still: customer.open_cases == 0\n  escalate: care-team\n"
    )
    rule = load_rules(tmp_path).rules["r"]
    assert missed(rule, BY, placed(), SHOP) is not None


def test_an_incident_is_named_by_the_facts_of_its_subject(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(
        "r:\n  on: order.delivered\n  escalate: care-team\n"
        "  incident: order.warehouse + ' ' + string(order.days_late)\n"
    )
    rule = load_rules(tmp_path).rules["r"]
    late = datetime(2018, 8, 21, 15, 0, tzinfo=UTC)
    found = born(rule, placed(delivered_at=late, warehouse="Recife"), SHOP)
    unknown = born(rule, placed(delivered_at=late), SHOP)
    assert found is not None
    assert found.incident == "Recife 1"
    assert unknown is not None
    assert unknown.incident is None


def test_every_event_of_a_subject_tells_when_it_happened() -> None:
    about = {name for name, cls in TYPES.items() if cls.subject_kind in SUBJECTS}
    assert set(HAPPENED) == about
    for name, field in HAPPENED.items():
        assert field in KINDS[TYPES[name].subject_kind].__struct_fields__


def test_an_event_that_has_not_come_happened_never() -> None:
    assert happened_at(order(), "order.delivered") is None
    assert happened_at(order(placed_at=PLACED), "order.placed") == PLACED


def test_ids_follow_from_what_they_stand_for() -> None:
    one = ids.trigger_id("rule", "c", "o", "cause")
    assert one == ids.trigger_id("rule", "c", "o", "cause")
    assert one != ids.trigger_id("rule", "co", "", "cause")
    assert one != ids.promise_id("rule", "c", "o")
    assert ids.new_id() != ids.new_id()


@pytest.mark.skipif(not OLIST.is_dir(), reason="needs ../shared/data/olist")
def test_the_shipped_rules_find_every_late_order_of_a_real_shop() -> None:
    from aftercare.sources.olist.read import olist_events

    subjects: dict[tuple[str, str], Any] = {}
    for event in olist_events(OLIST):
        facts = new_facts(event)
        if facts is not None:
            facts = subjects.setdefault((facts.kind, facts.id), facts)
            fold_subject(facts, event)
    births = Counter(
        rule.name
        for facts in subjects.values()
        for rule in RULES.values()
        if rule.subject_kind == facts.kind and born(rule, facts, SHOP) is not None
    )
    assert births["late-delivery"] == 536
