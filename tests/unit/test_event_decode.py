"""Decoding: what is understood, what is refused, and that nothing else ever happens."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercare.errors import EventError
from aftercare.events.check import MENDS
from aftercare.events.decode import LARGEST, decode, encode
from aftercare.events.types import OrderPlaced

DATA = Path(__file__).parents[2] / ".." / "shared" / "data"
SUITE = DATA / "bad-input" / "jsontestsuite"
NAUGHTY = DATA / "bad-input" / "blns.json"


def event(**changes: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "e-1",
        "source": "/shop",
        "type": "order.placed",
        "time": "2026-01-05T10:00:00-03:00",
        "data": {"customer_id": "c-1", "order_id": "o-1"},
    } | changes


def placed(**data: Any) -> bytes:
    return json.dumps(event(data=event()["data"] | data)).encode()


def refusal(value: bytes | None, **place: Any) -> EventError:
    with pytest.raises(EventError) as caught:
        decode(value, **place)
    assert caught.value.reason in MENDS
    return caught.value


def test_an_event_survives_its_own_encoding() -> None:
    value = placed(total={"amount": "12.30", "currency": "BRL"}, promised_on="2026-01-09")
    once = decode(value, topic="orders", key=b"c-1")
    assert decode(encode(once)) == once
    assert json.loads(encode(once))["specversion"] == "1.0"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "empty"),
        (b"", "empty"),
        (b" " * (LARGEST + 1), "too-large"),
        (b"\xff\xfe\x00", "not-json"),
        (placed(warehouse="X").replace(b"X", b"\xff"), "not-utf8"),
        (placed(nobody_reads="X").replace(b"X", b"\xff"), "not-utf8"),
        (b"<order/>", "not-json"),
        (b'{"a": NaN}', "not-json"),
        (placed()[:-9], "not-json"),
        (placed(warehouse="X").replace(b"X", b"\\ud800"), "not-json"),
        (placed(warehouse="X").replace(b"X", b"\\udc00\\ud800"), "not-json"),
        (b"[]", "not-cloudevents"),
        (b"{}", "not-cloudevents"),
        (b"[" * 100_000, "not-cloudevents"),
        (placed().replace(b'"data"', b'"x":' + b"[" * 90_000 + b',"data"'), "not-json"),
        (json.dumps(event(type=5)).encode(), "not-cloudevents"),
        (json.dumps(event(specversion="0.3")).encode(), "not-cloudevents"),
        (json.dumps(event(type="order.teleported")).encode(), "unknown-type"),
        (json.dumps(event(time="2026-01-05T10:00:00")).encode(), "bad-data"),
        (json.dumps(event(data=None)).encode(), "bad-data"),
        (json.dumps(event(time="1900-01-01T00:00:00Z")).encode(), "bad-time"),
        (placed(promised_on="9999-12-31"), "bad-time"),
        (placed(promised_on="0001-01-01"), "bad-time"),
        (placed(warehouse="a\0b"), "bad-text"),
        (placed(nobody_reads="a\0b"), "bad-text"),
    ],
)
def test_each_refusal_has_its_reason(value: bytes | None, reason: str) -> None:
    assert refusal(value).reason == reason


@pytest.mark.parametrize(
    "data",
    [
        {"nth_order": 10**30},
        {"total": {"amount": "1.00", "currency": "BRL\n"}},
        {"total": {"amount": "1.00\n", "currency": "BRL"}},
        {"customer_id": "c-1\n"},
    ],
)
def test_what_the_store_cannot_keep_is_refused(data: dict[str, Any]) -> None:
    assert refusal(placed(**data)).reason == "bad-data"


def test_a_refusal_names_the_place_but_never_the_value() -> None:
    money = refusal(placed(total={"amount": "maria@example.com", "currency": "BRL"}))
    assert "$.data.total.amount" in str(money)
    choice = {"customer_id": "c", "complaint_id": "r", "severity": "maria@example.com"}
    severity = refusal(json.dumps(event(type="complaint.opened", data=choice)).encode())
    assert "$.data.severity" in str(severity)
    unknown = refusal(json.dumps(event(type="maria@example.com")).encode())
    assert not any("maria" in str(error) for error in (money, severity, unknown))


def test_a_mistyped_type_is_told_the_nearest_right_one() -> None:
    typo = json.dumps(event(type="order.deliverd")).encode()
    assert "did you mean order.delivered?" in str(refusal(typo))


def test_a_backslash_before_u0000_is_no_nul() -> None:
    understood = decode(placed(warehouse="a\\u0000"))
    assert isinstance(understood, OrderPlaced)
    assert understood.data.warehouse == "a\\u0000"


def test_a_plainly_future_event_is_a_fact_for_the_gate() -> None:
    assert decode(json.dumps(event(time="2031-01-01T00:00:00Z")).encode()).time.year == 2031


def test_an_event_on_another_topic_or_under_another_key_is_refused() -> None:
    assert refusal(placed(), topic="complaints", key=b"c-1").reason == "wrong-topic"
    assert refusal(placed(), topic="orders", key=b"c-2").reason == "wrong-key"
    assert refusal(placed(), topic="orders", key=None).reason == "wrong-key"


@pytest.mark.parametrize("topic", ["orders", "complaints", "support"])
def test_customer_events_may_come_on_any_topic(topic: str) -> None:
    erased = json.dumps(event(type="customer.erased", data={"customer_id": "c-1"})).encode()
    assert decode(erased, topic=topic, key=b"c-1").type == "customer.erased"


@given(st.binary(max_size=300))
def test_bytes_of_any_kind_are_an_event_or_an_event_error(value: bytes) -> None:
    refusal(value)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_any_value_in_any_field_is_a_fact_or_an_event_error(value: Any) -> None:
    for name in ("id", "time", "type", "specversion", "data", "subject", "anything"):
        _understood(json.dumps(event(**{name: value})).encode())
    for name in ("customer_id", "promised_on", "total", "items", "nth_order", "customer"):
        _understood(placed(**{name: value}))


@pytest.mark.skipif(not SUITE.is_dir(), reason="no ../shared/data/bad-input")
def test_valid_json_is_read_and_invalid_json_refused_wherever_it_stands() -> None:
    wrong = []
    for file in sorted(SUITE.iterdir()):
        value = file.read_bytes()
        assert not _understood(value), file.name
        inside = _understood(json.dumps(event()).encode()[:-1] + b', "x":' + value + b"}")
        if file.name[0] in "yn" and inside != (file.name[0] == "y"):
            wrong.append(file.name)
    # Valid, but with a NUL, which no text of ours may hold.
    assert wrong == ["y_string_null_escape.json"]


@pytest.mark.skipif(not NAUGHTY.is_file(), reason="no ../shared/data/bad-input")
def test_naughty_strings_are_facts_or_event_errors() -> None:
    strings = json.loads(NAUGHTY.read_text(encoding="utf-8"))
    assert len(strings) > 400
    for text in strings:
        understood = decode(placed(customer={"first_name": text}))
        assert isinstance(understood, OrderPlaced)
        assert understood.data.customer is not None
        assert understood.data.customer.first_name == text
        for field in ("id", "type", "time"):
            _understood(json.dumps(event(**{field: text})).encode())


def _understood(value: bytes) -> bool:
    try:
        decode(value)
    except EventError as error:
        return MENDS[error.reason] == ""
    return True
