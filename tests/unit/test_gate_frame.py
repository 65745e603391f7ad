"""What of a row the gate looks at, and when its hash changes."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from aftercare.gate.frame import COLUMNS, record, row_hash
from aftercare.gate.model import Row

NOW = datetime(2026, 1, 5, 15, tzinfo=UTC)


def row(needs: tuple[str, ...] = (), **views: Mapping[str, Any]) -> Row:
    person = {"email": "ana@example.com", "first_name": "Ana", "name": "Ana", "language": "pt"}
    return Row(
        "t1", "late-delivery", "apology/late_delivery", needs, {"customer": person} | views, NOW
    )


def test_a_record_has_every_column_that_a_suite_may_name() -> None:
    assert tuple(record(row())) == COLUMNS


def test_a_missing_need_is_named_without_its_value() -> None:
    found = record(row(("order.item", "order.total"), order={"item": " ", "total": Decimal(9)}))
    assert found["missing"] == "order.item"


def test_a_zero_is_a_fact_and_not_a_missing_one() -> None:
    assert record(row(("order.days_late",), order={"days_late": 0}))["missing"] is None


def test_a_need_of_a_subject_that_does_not_exist_is_missing() -> None:
    assert record(row(("ticket.topic",)))["missing"] == "ticket.topic"


def test_a_moment_beyond_five_minutes_ahead_lies_in_the_future() -> None:
    ahead = {"delivered_at": NOW + timedelta(minutes=6), "shipped_at": NOW + timedelta(minutes=4)}
    assert record(row(order=ahead))["future"] == "order.delivered_at"


def test_a_promised_day_may_lie_in_the_future() -> None:
    assert record(row(order={"promised_on": date(2026, 2, 1)}))["future"] is None


def test_half_a_surrogate_pair_can_be_encoded_and_is_still_seen() -> None:
    name = record(row(customer={"first_name": "A\ud800"}))["first_name"]
    assert "\\" in name.encode("utf-8").decode()


def test_the_case_is_the_complaint_or_the_ticket() -> None:
    case = {"opened_at": NOW}
    assert record(row(complaint=case))["opened_at"] == record(row(ticket=case))["opened_at"] == NOW


def test_the_hash_changes_with_a_fact_that_is_judged() -> None:
    other = row(customer={"email": "ana@example.org"})
    assert len(row_hash(row())) == 16
    assert row_hash(row()) != row_hash(other)


def test_the_hash_stays_when_only_time_passes_or_the_trigger_differs() -> None:
    later = replace(row(), trigger_id="t2", now=NOW + timedelta(days=1))
    assert row_hash(row()) == row_hash(later)


def test_the_hash_changes_when_the_future_arrives() -> None:
    ahead = row(order={"delivered_at": NOW + timedelta(days=1)})
    assert row_hash(ahead) != row_hash(replace(ahead, now=NOW + timedelta(days=2)))
