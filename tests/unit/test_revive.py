"""History surprises nobody, and what is too late is told only when somebody asks for it."""

import dataclasses
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from aftercare.errors import UsageError
from aftercare.intake import Incoming
from aftercare.intake.revival import HEADER, consented, headers
from aftercare.store.engine import reading, writing
from aftercare.store.offsets import begin, believe
from aftercare.store.tables import metadata
from aftercare.upkeep.promises import judge_all
from aftercare.upkeep.reconcile import reconcile
from tests.fakes.house import START, House
from tests.fakes.operator import Operator

LATE = "late-delivery"
FIRST = "2025-12-01"
"""A month and more before START."""


@pytest.fixture
def operator(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    return Operator(house, tmp_path / "home", monkeypatch)


def late_then(house: House, ago: timedelta, order: str = "o1", who: str = "c1") -> list[Incoming]:
    """The events of an order that came late a while ago, heard of only at the clock's moment."""
    came = house.clock.now() - ago
    person = {"email": f"{who}@example.com", "first_name": "Ana", "language": "pt", "country": "BR"}
    placed = house.event(
        "order.placed",
        came - timedelta(days=9),
        who,
        order_id=order,
        promised_on=(came - timedelta(days=3)).date().isoformat(),
        total={"amount": "100.00", "currency": "BRL"},
        items=[{"name": "Manta"}],
        customer=person,
    )
    return [placed, house.event("order.delivered", came, who, order_id=order)]


def with_consent(records: list[Incoming], since: datetime) -> list[Incoming]:
    return [dataclasses.replace(record, revive_since=since) for record in records]


def everything(house: House) -> dict[str, list[str]]:
    with reading(house.engine) as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table)).all()))
            for table in metadata.sorted_tables
        }


def test_two_years_of_history_send_nothing_and_say_why(house: House, operator: Operator) -> None:
    records = [r for n in range(100) for r in late_then(house, timedelta(days=7 * n), f"o{n}")]
    report = house.take(records)
    assert report.expired["apology"] == 99
    for _ in range(3):
        house.later(days=1)
        house.run()
    assert len(house.sender.mails) == 1
    assert house.reasons()[LATE, "o99"] == "it was too late already when it was heard of"
    assert "it was heard of only after" in operator("why", "o99")
    assert reconcile(house.parts).wrong == []


def test_a_preview_tells_what_would_be_told_and_changes_nothing(
    house: House, operator: Operator
) -> None:
    house.take([r for n in range(4) for r in late_then(house, timedelta(days=30 * n), f"o{n}")])
    before = everything(house)
    said = operator("revive", "--since", FIRST)
    assert f"│ {LATE}" in said
    assert "│ 1 " in said
    assert "nothing was changed; with --yes" in said
    assert everything(house) == before


def test_what_is_revived_is_told_once_and_its_story_says_who_asked(
    house: House, operator: Operator
) -> None:
    house.take(late_then(house, timedelta(days=20)))
    said = operator("revive", "--since", FIRST, "--reason", "mail was down", "--yes")
    assert "1 wait again" in said
    assert "nothing that expired" in operator("revive", "--since", FIRST, "--yes")
    house.later(minutes=1)
    house.run()
    operator("revive", "--since", FIRST, "--yes")
    house.later(minutes=1)
    house.run()
    assert house.standing()[LATE, "o1"] == "sent"
    assert set(house.sender.accepted.values()) == {1}
    assert "revived by an operator (mail was down)" in operator("why", "o1").lower()
    assert reconcile(house.parts).wrong == []


def test_what_happened_before_or_by_another_rule_stays_unsaid(
    house: House, operator: Operator
) -> None:
    house.take([*late_then(house, timedelta(days=20)), *late_then(house, timedelta(days=60), "o2")])
    operator("revive", "--since", FIRST, "--rule", "damaged-item", "--yes")
    operator("revive", "--since", "2025-10-01", "--until", "2025-10-02", "--yes")
    assert set(house.standing().values()) == {"expired"}
    operator("revive", "--since", FIRST, "--yes")
    assert house.standing()[LATE, "o1"] == "waiting"
    assert house.standing()[LATE, "o2"] == "expired"


def test_what_is_no_longer_true_is_withdrawn_even_when_revived(
    house: House, operator: Operator
) -> None:
    ago = timedelta(days=20)
    house.take(late_then(house, ago))
    refund = {"amount": "100.00", "currency": "BRL"}
    damaged = house.clock.now() - ago
    house.tell("order.damaged", damaged, order_id="o1", item="Manta")
    house.tell("order.refunded", damaged + timedelta(days=1), order_id="o1", refund=refund)
    operator("revive", "--since", FIRST, "--rule", "damaged-item", "--yes")
    house.later(minutes=1)
    house.run()
    assert house.standing()["damaged-item", "o1"] == "withdrawn"
    assert house.sender.mails == []


def test_five_revived_at_once_keep_to_the_caps(house: House, operator: Operator) -> None:
    for number in range(5):
        house.take(late_then(house, timedelta(days=20), f"o{number}"))
    assert "5 wait again" in operator("revive", "--since", FIRST, "--yes")
    house.later(minutes=1)
    house.run()
    assert len(house.sender.mails) == 1
    assert sorted(house.standing().values()) == ["held"] * 4 + ["sent"]


def test_what_another_message_answered_meanwhile_stays_expired(
    house: House, operator: Operator
) -> None:
    house.late_order("o1", days=8)
    house.later(hours=3)
    house.run()
    assert house.standing()[LATE, "o1"] == "sent"
    with writing(house.engine) as connection:
        for topic in ("orders", "complaints", "support"):
            begin(connection, (topic, 0), 0)
            believe(connection, (topic, 0), house.clock.now())
    assert judge_all(house.parts)["born expired"] == 1
    said = operator("revive", "--since", FIRST, "--yes")
    assert "1 stay expired: another message answered them meanwhile" in said
    assert house.standing()["promise-missed", "o1"] == "expired"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ["--since", FIRST, "--rule", "late-deliver"],
            "no rule late-deliver; did you mean late-delivery",
        ),
        (["--since", FIRST, "--until", FIRST], "--until is not after --since"),
    ],
)
def test_a_slip_in_the_command_is_told(operator: Operator, words: list[str], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        operator("revive", *words)


def test_a_record_with_consent_is_told_however_late(house: House, operator: Operator) -> None:
    since = house.clock.now() - timedelta(days=40)
    old, older = timedelta(days=20), timedelta(days=60)
    house.take(with_consent(late_then(house, old), since))
    house.take(with_consent(late_then(house, older, "o2", "c2"), since))
    assert house.standing()[LATE, "o2"] == "expired"
    house.later(minutes=1)
    house.run()
    assert house.standing()[LATE, "o1"] == "sent"
    assert "asked to tell what happened from" in operator("why", "o1")


def test_a_replay_with_consent_revives_once_and_one_without_changes_nothing(house: House) -> None:
    records = late_then(house, timedelta(days=20))
    since = house.clock.now() - timedelta(days=40)
    house.take(records)
    house.take(records)
    assert house.standing()[LATE, "o1"] == "expired"
    for _ in range(3):
        house.take(with_consent(records, since))
        house.later(minutes=1)
        house.run()
    assert house.standing()[LATE, "o1"] == "sent"
    assert set(house.sender.accepted.values()) == {1}
    assert reconcile(house.parts).wrong == []


def test_what_consent_revived_expires_too_when_nobody_sends_it(house: House) -> None:
    house.take(with_consent(late_then(house, timedelta(days=20)), START - timedelta(days=40)))
    house.later(days=5, minutes=1)
    house.run()
    assert house.standing()[LATE, "o1"] == "expired"


@pytest.mark.parametrize("value", [b"yesterday", b"2026-01-01", b"\xff", b"", None])
def test_consent_that_cannot_be_read_is_none(value: bytes | None) -> None:
    assert consented([("traceparent", b"00-1"), (HEADER, value)]) is None


def test_consent_is_read_as_it_was_written() -> None:
    assert consented(headers(START)) == START
    assert headers(None) == []
