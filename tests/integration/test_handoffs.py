"""A critical complaint from its event to a person and back: the command line over SQLite."""

import re
from pathlib import Path

import pytest

from aftercare.errors import UsageError
from aftercare.steps.parts import build
from aftercare.upkeep.handoffs import deliver_handoffs
from tests.fakes.house import House
from tests.fakes.operator import Operator


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(f"sqlite:///{tmp_path / 'store.db'}")


@pytest.fixture
def operator(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    return Operator(house, tmp_path / "home", monkeypatch)


def complain(house: House, operator: Operator) -> str:
    """A critical complaint that went to a person; its hand-off's id."""
    ana = {"first_name": "Ana", "email": "ana@example.com", "language": "pt", "country": "BR"}
    house.tell(
        "complaint.opened",
        complaint_id="k1",
        severity="critical",
        comment="It burns",
        customer=ana,
    )
    house.later(minutes=1)
    assert "1 escalated" in operator("run", "apology")
    found = re.search(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", operator("handoffs", "list"))
    assert found is not None
    return found[0]


def upkeep(house: House, operator: Operator) -> int:
    """What the DAG does, with the outbox of the operator's settings."""
    from aftercare import settings

    operator.at(house.clock.now())
    parts = build(settings.load(), house.clock)
    try:
        return deliver_handoffs(parts)
    finally:
        parts.sender.close()
        parts.engine.dispose()


def test_from_the_complaint_to_the_team_and_closed_by_an_event(
    house: House, operator: Operator
) -> None:
    identity = complain(house, operator)
    assert "hand-offs: 1 open, 1 undelivered, 0 overdue" in operator("status")
    assert upkeep(house, operator) == 1
    (mail,) = [file.read_text() for file in operator.home.glob("outbox/*/*.txt")]
    assert "It burns" in mail
    assert f"aftercare handoffs close {identity}" in mail
    assert "hand-offs: 1 open, 0 undelivered, 0 overdue" in operator("status")
    shown = operator("handoffs", "show", identity)
    assert "the customer wrote: It burns" in shown
    assert "Olá, Ana." in shown
    house.later(hours=5)
    assert "(overdue)" in operator("handoffs", "list")
    assert "hand-offs: 1 open, 0 undelivered, 1 overdue" in operator("status")
    house.tell("handoff.closed", handoff_id=identity, closed_by="Marta")
    assert "nothing waits for a person" in operator("handoffs", "list")
    story = operator("why", "k1")
    assert "closed on Mon 5 Jan 2026, 17:01 (UTC-03:00) by Marta" in story.replace(
        "Closed", "closed"
    )
    assert "The hand-off was closed by handoff.closed (event " in story
    assert "hand-offs: 0 open, 0 undelivered, 0 overdue" in operator("status")
    everything = operator("handoffs", "list", "--all")
    assert re.search(rf"{identity}.*Mon 5 Jan 2026, 17:01 by Marta", everything)
    assert "everything adds up" in operator("reconcile", "--offline")


def test_closing_it_by_the_command_twice_is_answered_kindly_and_changes_nothing(
    house: House, operator: Operator
) -> None:
    identity = complain(house, operator)
    assert operator("handoffs", "close", identity, "--by", "rui").strip() == "closed"
    house.later(hours=1)
    again = operator("handoffs", "close", identity, "--by", "marta")
    assert "closed already, on Mon 5 Jan 2026, 12:01 (UTC-03:00) by rui" in again
    assert "by rui" in operator("why", "k1")
    assert "rui" not in operator("why", "k1").split("Step by step")[1]


def test_closing_what_an_event_closed_is_answered_kindly_too(
    house: House, operator: Operator
) -> None:
    identity = complain(house, operator)
    house.tell("complaint.resolved", complaint_id="k1")
    said = operator("handoffs", "close", identity)
    assert "closed already" in said
    assert "by complaint.resolved" in said


def test_a_hand_off_that_nobody_knows_is_told_with_the_nearest_one(
    house: House, operator: Operator
) -> None:
    with pytest.raises(UsageError, match="there is no hand-off no-such-thing; `aft"):
        operator("handoffs", "show", "no-such-thing")
    identity = complain(house, operator)
    for command in ("show", "close"):
        with pytest.raises(UsageError, match=f"did you mean {identity}"):
            operator("handoffs", command, identity[:-1] + "x")


def test_what_could_not_be_delivered_says_why_in_the_list_and_the_status(
    house: House, operator: Operator
) -> None:
    complain(house, operator)
    in_the_way = operator.home / "in-the-way"
    in_the_way.write_text("a file where the folder should be")
    operator.set(OUTBOX=str(in_the_way))
    assert upkeep(house, operator) == 0
    assert "not yet: the outbox" in operator("handoffs", "list")
    assert re.search(
        r"1 undelivered, 0 overdue \(the outbox .* cannot be written", operator("status")
    )
    in_the_way.unlink()
    assert upkeep(house, operator) == 1


def test_the_event_is_documented(operator: Operator) -> None:
    assert "handoff.closed" in operator("events", "schema")
    described = operator("events", "schema", "handoff.closed")
    for words in (
        "On topic support, by customer id",
        "handoff_id",
        "closed_by",
        "who looked after",
    ):
        assert words in described
