"""The real gate: Great Expectations over the suites that are shipped."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from aftercare.errors import SettingsError
from aftercare.gate.gx_gate import GxGate
from aftercare.gate.model import Row
from aftercare.lifecycle import Kind
from aftercare.settings import ROOT
from tests.unit.test_gate_bounds import Bounds

NOW = datetime(2026, 1, 5, 15, tzinfo=UTC)
SUITES = ROOT / "expectations"
ISEMAIL = ROOT.parent / "shared" / "data" / "bad-input" / "isemail.json"
EXPECTATION = {
    "type": "expect_column_values_to_match_regex",
    "kwargs": {"column": "email", "regex": "@"},
    "meta": {"name": "address-valid", "words": "no address"},
}
PERSON = {"email": "ana.lima@example.com", "first_name": "Ana", "language": "pt-BR"}
ORDER = {
    "placed_at": NOW - timedelta(days=8),
    "shipped_at": NOW - timedelta(days=6),
    "delivered_at": NOW - timedelta(days=1),
    "total": Decimal("149.00"),
    "currency": "BRL",
}


@pytest.fixture(scope="module")
def gate() -> GxGate:
    return GxGate(SUITES, Bounds(), None)


def row(
    trigger: str = "t1",
    *,
    customer: dict[str, Any] | None = None,
    needs: tuple[str, ...] = (),
    **views: dict[str, Any],
) -> Row:
    person = PERSON | (customer or {})
    names = (person["first_name"], person.get("last_name"))
    person["name"] = " ".join(n for n in names if n) or None
    facts = {"customer": person, "order": ORDER | views.pop("order", {})} | views
    return Row(trigger, "late-delivery", "apology/late_delivery", needs, facts, NOW)


def failed(gate: GxGate, *rows: Row, kind: str = "apology") -> list[set[str]]:
    """The names that each row failed, in the order of the rows."""
    found = gate.check(kind, rows).failures
    return [{f.expectation for f in found.get(r.trigger_id, ())} for r in rows]


def passing(gate: GxGate, field: str, values: Sequence[Any]) -> list[Any]:
    """Those of a customer's values that the gate lets through."""
    rows = [row(str(i), customer={field: value}) for i, value in enumerate(values)]
    found = [gate.check("apology", rows[i : i + 10]).failures for i in range(0, len(rows), 10)]
    bad = {trigger for failures in found for trigger in failures}
    return [value for i, value in enumerate(values) if str(i) not in bad]


@pytest.mark.parametrize("kind", [kind.value for kind in Kind])
def test_a_good_row_passes_and_a_bad_one_does_not(gate: GxGate, kind: str) -> None:
    good, bad = row("good"), row("bad", customer={"email": "ana"})
    assert failed(gate, good, bad, kind=kind) == [set(), {"address-valid"}]


def test_a_row_without_order_and_name_passes_when_its_template_needs_neither(gate: GxGate) -> None:
    bare = Row(
        "t", "r", "check_in/is_it_fixed", (), {"customer": PERSON | {"first_name": None}}, NOW
    )
    assert failed(gate, bare, kind="check_in") == [set()]


def test_a_missing_name_fails_only_where_the_template_needs_it(gate: GxGate) -> None:
    nameless = {"first_name": None}
    rows = (
        row("t1", customer=nameless),
        row("t2", customer=nameless, needs=("customer.first_name",)),
    )
    assert failed(gate, *rows) == [set(), {"facts-present"}]


def test_addresses_of_people_pass(gate: GxGate) -> None:
    people = [
        *("ana@gmail.com", "_ana@gmail.com", "a@gmail.com", "joe@email.com", "o'neil@x.org"),
        *("ana+shop@example.com", "a.b-c@sub.example.co.uk", "u@xn--80ak.xn--p1ai", "na@x.org"),
    ]
    assert passing(gate, "email", people) == people


def test_placeholders_and_what_is_no_address_do_not_pass(gate: GxGate) -> None:
    wrong = [
        *(None, "", "ana", "ana@localhost", "ana..b@x.org", "Ana <a@x.org>", "a@x.org,b@x.org"),
        *("ana@x.org\n", "ana@x.org\r\nBcc: b@x.org", " ana@x.org", "l" * 65 + "@x.org"),
        *("a@" + "b." * 130 + "org", "test@test", "none@none", "a@a.a", "a@a.aa", "n/a"),
        *("no-reply@x.org", "noreply@x.org", "no_reply@x.org", "example@gmail.com"),
        *("teste@teste.com", "test1@gmail.com", "seuemail@x.org", "{email}@x.org", "%MAIL%@x.org"),
    ]
    assert passing(gate, "email", wrong) == []


@pytest.mark.skipif(not ISEMAIL.exists(), reason="the isemail vectors are not on this machine")
def test_the_isemail_vectors_are_judged_as_their_authors_say(gate: GxGate) -> None:
    vectors = json.loads(ISEMAIL.read_text())
    rows = [row(v["id"], customer={"email": v["address"]}) for v in vectors]
    found = gate.check("apology", rows).failures
    # Their good addresses are all `test@`, which we call a placeholder: that one is set apart.
    refused = {
        i for i, f in found.items() if {x.expectation for x in f} - {"address-no-placeholder"}
    }
    errors = {v["id"] for v in vectors if v["category"] == "ISEMAIL_ERR"}
    valid = {v["id"] for v in vectors if v["category"] == "ISEMAIL_VALID_CATEGORY"}
    # A host without a dot takes no mail from outside; braces and percent signs are tokens to us.
    ours = {v["id"] for v in vectors if v["address"] == "test@io" or "{|}" in v["address"]}
    assert len(errors) > 50
    assert errors <= refused
    assert valid & refused == valid & ours


def test_names_of_people_pass(gate: GxGate) -> None:
    people = [
        *("Ana", "João", "Na", "Nan", "J", "ANA", "Łukasz", "李娜", "أحمد", "O'Neil", "D’Angelo"),
        *("Jean-Luc", "Maria José", "Dr. Ana", "Testa", "Max", "ana"),
    ]
    assert passing(gate, "first_name", people) == people


def test_tokens_shouting_and_links_do_not_pass_as_names(gate: GxGate) -> None:
    wrong = [
        *(
            "{first_name}",
            "{{ customer.name }}",
            "%NAME%",
            "[NAME]",
            "*|FNAME|*",
            "<name>",
            "$name",
        ),
        *("NULL", "null", "N/A", "NA", "nan", "None", "undefined", "test", "Teste", "first_name"),
        *("MARIA", "JOÃO", "R2D2", "Ana http://x.io", "bit.ly/abc", "www.x.org", "ana@x.org"),
        *("-", "???", " ", "", "😀", "Ana\nBcc: x", "Ana\u202e", "A\ud800", "A\0", "x" * 61),
    ]
    assert passing(gate, "first_name", wrong) == []


def test_languages_we_write_pass_with_their_variants_only(gate: GxGate) -> None:
    known = ["en", "pt", "EN-gb", "pt_BR", "pt-PT"]
    assert passing(gate, "language", [*known, None, "", "de", "english", "pt\n"]) == known


def days(number: int) -> datetime:
    """So many days ago."""
    return NOW - timedelta(days=number)


def test_dates_out_of_order_or_in_the_future_fail_by_name(gate: GxGate) -> None:
    orders: list[dict[str, Any]] = [
        {"shipped_at": days(9)},
        {"delivered_at": days(7)},
        {"shipped_at": None, "delivered_at": days(9)},
        {"delivered_at": NOW + timedelta(minutes=6)},
        {"delivered_at": NOW + timedelta(minutes=4)},
        {"shipped_at": days(8), "delivered_at": days(8)},
        {"delivered_at": datetime(9999, 12, 31, tzinfo=UTC)},
    ]
    rows = [row(str(i), order=order) for i, order in enumerate(orders)]
    assert failed(gate, *rows) == [
        {"shipped-after-ordered"},
        {"delivered-after-shipped"},
        {"delivered-after-ordered"},
        {"nothing-in-the-future"},
        set(),
        set(),
        {"nothing-in-the-future"},
    ]


def test_a_case_resolved_before_it_was_opened_fails(gate: GxGate) -> None:
    case = {"opened_at": NOW - timedelta(days=1), "resolved_at": NOW - timedelta(days=2)}
    rows = (
        row("c", complaint=case),
        row("t", ticket=case),
        row("o", ticket=case | {"resolved_at": None}),
    )
    wrong = {"resolved-after-opened"}
    assert failed(gate, *rows, kind="check_in") == [wrong, wrong, set()]


def test_money_is_positive_and_of_a_known_currency(gate: GxGate) -> None:
    orders: list[dict[str, Any]] = [
        {"total": Decimal("-89.90")},
        {"total": Decimal(0)},
        {"currency": "ZZZ"},
        {"currency": "BOB"},
        {"total": None, "currency": None},
        {"refund": Decimal(-1), "refund_currency": "ZZZ"},
        {"refund": Decimal("0.01"), "refund_currency": "JPY"},
    ]
    rows = [row(str(i), order=order) for i, order in enumerate(orders)]
    assert failed(gate, *rows) == [
        {"total-positive"},
        {"total-positive"},
        {"currency-known"},
        set(),
        set(),
        {"refund-positive", "refund-currency-known"},
        set(),
    ]


def test_a_batch_mostly_bad_stops_and_a_small_one_does_not(gate: GxGate) -> None:
    rows = [row(str(i), customer={"email": "nobody"}) for i in range(20)]
    assert "20 of 20 rows are bad" in str(gate.check("apology", rows).stop)
    assert gate.check("apology", rows[:19]).stop is None


def test_an_empty_batch_asks_nothing(tmp_path: Path) -> None:
    assert GxGate(tmp_path / "nowhere", Bounds(), None).check("apology", []).stop is None


def own(folder: Path, *expectations: Any) -> GxGate:
    (folder / "apology.json").write_text(
        json.dumps({"name": "apology", "expectations": expectations})
    )
    return GxGate(folder, Bounds(), None)


def test_mostly_does_not_let_a_bad_row_through(tmp_path: Path) -> None:
    lenient = EXPECTATION | {"kwargs": {"column": "email", "regex": "@", "mostly": 0.1}}
    rows = (row("good"), row("bad", customer={"email": "nobody"}))
    assert failed(own(tmp_path, lenient), *rows) == [set(), {"address-valid"}]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (
            {"type": "expect_column_values_to_match_regexx"},
            "did you mean expect_column_values_to_m",
        ),
        ({"type": "expect_table_row_count_to_be_between", "kwargs": {}}, "the batch as a whole"),
        ({"kwargs": {"column": "email", "regexx": "@"}}, "regexx"),
        (
            {
                "type": "expect_column_values_to_be_between",
                "kwargs": {"column": "email", "min_value": 1},
            },
            "address-valid could not be evaluated, so nothing passes",
        ),
    ],
)
def test_a_suite_that_cannot_judge_lets_nothing_pass(
    tmp_path: Path, wrong: dict[str, Any], words: str
) -> None:
    with pytest.raises(SettingsError, match=r"apology\.json") as caught:
        own(tmp_path, EXPECTATION | wrong).check("apology", [row()])
    assert words in str(caught.value)
    assert PERSON["email"] not in str(caught.value)
