"""Conditions as operators write them: what they see, what a missing fact does, what is refused."""

import time
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from aftercare.errors import RuleError
from aftercare.facts.model import Order
from aftercare.facts.view import CUSTOMER_COUNTS, for_cel, names, view
from aftercare.rules.cel import compile_condition
from aftercare.rules.made_up import made_up
from aftercare.rules.trial import operands

SHOP = ZoneInfo("America/Sao_Paulo")
EVERYTHING = {k: names(k) for k in ("customer", "order", "complaint", "ticket")}


def condition(source: str, gives: str = "bool") -> Any:
    return compile_condition(source, place="rules/x.yml: r.when", names=EVERYTHING, gives=gives)


def refusal(source: object, gives: str = "bool") -> str:
    with pytest.raises(RuleError) as caught:
        condition(source, gives)  # type: ignore[arg-type]
    assert str(caught.value).startswith("rules/x.yml: r.when: ")
    return str(caught.value)


def order(**fields: Any) -> dict[str, Any]:
    facts = Order(customer_id="c", order_id="o", **fields)
    return for_cel({"order": view(facts, SHOP)}, SHOP)


@pytest.mark.parametrize(
    "source",
    [
        "order.days_late >= 1",
        "order.days_late < 1",
        '!(order.status == "cancelled")',
        'order.status != "cancelled"',
        "order.total > 0",
        "order.promised_on < order.delivered_on",
    ],
)
def test_a_missing_fact_is_never_a_match(source: str) -> None:
    assert condition(source).value(order()) is None
    assert condition(source).holds(order()) is False


def test_a_missing_subject_is_never_a_match_and_no_error() -> None:
    assert condition('complaint.status != "resolved"').holds(order()) is False


def test_has_asks_whether_a_fact_is_known() -> None:
    asked = condition("has(order.total) && order.total > 5")
    assert asked.holds(order()) is False
    assert asked.holds(order(total_amount="5.01")) is True
    assert condition("!has(order.total)").holds(order()) is True


def test_a_known_alternative_outweighs_a_missing_fact() -> None:
    either = condition('order.days_late >= 1 || order.status == "damaged"')
    assert either.holds(order(status="damaged")) is True


def test_a_promise_ends_48_hours_after_midnight_in_the_shop() -> None:
    by = condition('order.promised_on + duration("48h")', "moment")
    found = by.value(order(promised_on=date(2018, 8, 20)))
    assert found == datetime(2018, 8, 22, 3, 0, tzinfo=UTC)  # São Paulo is three hours behind
    assert found.utcoffset() == timedelta(0)


def test_a_day_whose_midnight_the_clock_skipped_begins_with_its_first_moment() -> None:
    # On 2017-10-15 the clocks of São Paulo went from midnight straight to one.
    by = condition("order.promised_on", "moment")
    first = datetime(2017, 10, 15, 3, 0, tzinfo=UTC)
    assert by.value(order(promised_on=date(2017, 10, 15))) == first
    assert first.astimezone(SHOP).hour == 1


def test_days_compare_as_days() -> None:
    late = condition("order.delivered_on > order.promised_on")
    evening = datetime(2018, 8, 21, 1, 30, tzinfo=UTC)  # still the 20th in São Paulo
    assert not late.holds(order(promised_on=date(2018, 8, 20), delivered_at=evening))
    assert late.holds(order(promised_on=date(2018, 8, 19), delivered_at=evening))


def test_items_can_be_searched() -> None:
    fragile = condition('order.items.exists(i, i.name.contains("glass"))')
    assert fragile.holds(order(items=[{"name": "a glass"}]))
    assert not fragile.holds(order(items=[{"name": "a book"}]))
    assert not fragile.holds(order())


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("order.day_late >= 1", "unknown fact order.day_late; did you mean order.days_late?"),
        ("ordr.days_late >= 1", "nothing is called ordr; did you mean order?"),
        ('order["days_late"] >= 1', "order is read by its facts"),
        ("[order][0].zz == 1", "order is read by its facts"),
        ("order.items.exists(order, order.zz == 1)", "order is read by its facts"),
        ('lower(order.carrier) == "x"', "no function lower"),
        ('order.carrier.contain("x")', "no function .contain; did you mean .contains?"),
        ("order.total == null", "write has(order.total)"),
        ('order.status == "canceled"', 'is never "canceled"; did you mean cancelled?'),
        ('order.status in ["shipped", "lost"]', 'is never "lost"'),
        ('complaint.severity != "urgent"', 'is never "urgent"'),
        ("order.days_late >= 1 and order.total > 1.0", "write && for `and`"),
        ("order.days_late = 1", "write == to compare"),
        ("order.days_late >=", "character 19: it ends too early"),
        ("order.total + 1 > 3", "cannot be computed"),
        ('order.status == "placed" && order.total + 1 > 3', "'order.total + 1 > 3' cannot"),
        ('order.status == "placed" || (order.total > 1.0 && order.item > 3)', "'order.item > 3'"),
        ("order.status", "gives text, not true or false"),
        ('order.carrier.matches("[")', "cannot be computed"),
        ('order.placed_at + duration("2d") < order.delivered_at', 'write duration("48h")'),
        ('order.placed_at + duration("soon") < order.delivered_at', '"48h" or "90m"'),
        ("order.items.exists(i, order.items.exists(j, i == j))", "could take for ever"),
        ("order.items.all(i, (order.items.filter(j, j == i)).size() > 1)", "could take for ever"),
        ("a" * 1001, "longer than 1000"),
        ("", "needs a CEL expression"),
        (5, "needs a CEL expression"),
        ("(" * 400 + "true" + ")" * 400, "is not CEL"),
    ],
)
def test_a_wrong_condition_is_refused_with_its_mend(source: object, words: str) -> None:
    assert words in refusal(source)


@pytest.mark.parametrize(
    ("source", "gives", "words"),
    [
        ("order.days_late", "moment", "gives a number, not a moment"),
        ("order.carrier", "amount", "gives text, not an amount"),
        ("order.days_late", "text", "write string(…) around it"),
        ("has(order.total)", "amount", "gives true or false"),
    ],
)
def test_a_value_of_the_wrong_sort_is_refused(source: str, gives: str, words: str) -> None:
    assert words in refusal(source, gives)


def test_strings_are_not_read_as_facts() -> None:
    assert condition('order.carrier == "order.nothing and null"').holds(
        order(carrier="order.nothing and null")
    )


def test_a_hostile_pattern_is_harmless() -> None:
    asked = condition('order.carrier.matches("^(a+)+$")')
    began = time.perf_counter()
    assert not asked.holds(order(carrier="a" * 5000 + "!"))
    assert time.perf_counter() - began < 1


def test_every_fact_has_a_made_up_value() -> None:
    views = made_up()
    for kind, fields in EVERYTHING.items():
        assert fields <= {name for name, value in views[kind].items() if value is not None}
    assert set(CUSTOMER_COUNTS) <= set(views["customer"])


def test_each_operand_is_tried() -> None:
    assert list(operands("a && (b || c(1, 2)) && !d")) == ["a", "b", "c(1, 2)", "!d"]
    assert list(operands("a ? b && c : d")) == ["a ? b && c : d"]


def test_what_does_not_suit_some_facts_is_told_once_without_them(caplog: Any) -> None:
    asked = compile_condition("order.items[0].quantity > 1", place="told/once", names=EVERYTHING)
    odd = order(items=[{"name": "x", "quantity": "secret"}])
    assert [asked.value(odd) for _ in range(3)] == [None] * 3
    told = [record.getMessage() for record in caplog.records]
    assert told == [
        "told/once cannot be computed with the facts of some subjects (TypeError)",
    ]
