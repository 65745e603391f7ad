"""Facts do not depend on the order of arrival, nor on how often something arrives."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from aftercare.events.types import TYPES, AnyEvent, Event
from aftercare.facts.fold import fold_customer, fold_subject, new_facts
from aftercare.facts.model import Customer, Facts

START = datetime(2026, 1, 5, tzinfo=UTC)

_EXTRA: dict[str, dict[str, Any]] = {
    "order.refunded": {"refund": {"amount": "5.00", "currency": "BRL"}},
    "support.rated": {"score": 2},
    "handoff.closed": {"handoff_id": "00000000-0000-0000-0000-000000000000"},
    "customer.updated": {"customer": {"first_name": "Ana"}},
}
_IDS = {"order": "order_id", "complaint": "complaint_id", "support": "ticket_id"}


def event(kind: str, minutes: int, number: int, **data: Any) -> Event:
    """An event of one customer's one order, complaint or ticket."""
    ids = {_IDS[kind.split(".")[0]]: "s1"} if kind.split(".")[0] in _IDS else {}
    raw = {
        "specversion": "1.0",
        "type": kind,
        "id": f"e{number}",
        "source": "/test",
        "time": (START + timedelta(minutes=minutes)).isoformat(),
        "data": {"customer_id": "c1", **ids, **_EXTRA.get(kind, {}), **data},
    }
    event: Event = msgspec.convert(raw, AnyEvent)
    return event


def folded(events: list[Event]) -> dict[str, Facts]:
    customer = Customer(customer_id="c1")
    rows: dict[str, Facts] = {"customer": customer}
    for each in events:
        fold_customer(customer, each)
        if (empty := new_facts(each)) is not None:
            fold_subject(rows.setdefault(empty.kind, empty), each)
    return rows


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    kinds = draw(st.lists(st.sampled_from(sorted(TYPES)), min_size=1, max_size=14))
    # Few distinct minutes, so that ties between events happen often.
    minutes = draw(st.lists(st.integers(0, 4), min_size=len(kinds), max_size=len(kinds)))
    severities = st.sampled_from(["low", "medium", "high", "critical"])
    return [
        event(k, m, n, **({"severity": draw(severities)} if k == "complaint.updated" else {}))
        for n, (k, m) in enumerate(zip(kinds, minutes, strict=True))
    ]


@given(histories(), st.randoms())
@settings(max_examples=300, deadline=None)
def test_folding_in_any_order_and_any_number_of_times_gives_the_same_rows(
    history: list[Event], random: Any
) -> None:
    shuffled = history + random.choices(history, k=len(history) // 2)
    random.shuffle(shuffled)
    assert folded(shuffled) == folded(history)


def test_a_ticket_that_was_reopened_later_is_open_whatever_came_first() -> None:
    resolved, reopened = event("support.resolved", 1, 1), event("support.reopened", 2, 2)
    assert folded([reopened, resolved])["ticket"].status == "reopened"  # type: ignore[attr-defined]


def test_an_older_event_cannot_bring_back_what_was_erased() -> None:
    updated, erased = event("customer.updated", 1, 1), event("customer.erased", 2, 2)
    customer = folded([erased, updated])["customer"]
    assert isinstance(customer, Customer)
    assert customer.first_name is None
    assert customer.erased_at is not None
