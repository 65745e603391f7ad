"""An incident from its events to one message, and its red button: the command line over SQLite."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from aftercare.rules.load import load_rules
from tests.fakes.house import House
from tests.fakes.operator import Operator

RULES = """
storm:
  on: order.damaged
  when: order.warehouse != ""
  incident: '"storm " + order.warehouse'
  cause: storm
  send: apology/damaged_item
  still: order.status != "refunded"
  wait: 1h
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "storms.yml").write_text(RULES)
    return folder


@pytest.fixture
def house(tmp_path: Path, rules: Path) -> House:
    made = House(f"sqlite:///{tmp_path / 'store.db'}")
    made.parts.rulebook = load_rules(rules)
    return made


@pytest.fixture
def operator(
    house: House, rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Operator:
    made = Operator(house, tmp_path / "home", monkeypatch)
    made.set(RULES=str(rules))
    return made


def damaged(
    house: House,
    order: str,
    who: str = "c1",
    warehouse: str = "Recife",
    at: datetime | None = None,
) -> None:
    now = at or house.clock.now()
    house.tell(
        "order.placed",
        now - timedelta(days=4),
        who,
        order_id=order,
        promised_on=now.date().isoformat(),
        total={"amount": "100.00", "currency": "BRL"},
        items=[{"name": f"Manta {order}"}],
        warehouse=warehouse,
        customer={
            "first_name": "Ana",
            "email": f"{who}@example.com",
            "language": "pt",
            "country": "BR",
        },
    )
    house.tell("order.damaged", now, who, order_id=order, item=f"Manta {order}")


def mails(operator: Operator) -> list[str]:
    return [file.read_text() for file in sorted(operator.home.glob("outbox/**/*.txt"))]


def test_three_troubles_of_one_incident_become_one_message_with_the_remedy_of_all(
    house: House, operator: Operator
) -> None:
    for number in range(3):
        damaged(house, f"o{number}")
    damaged(house, "o9", "c2")
    house.later(hours=2)
    operator("run", "apology")
    assert sorted(house.standing().values()) == ["bundled", "bundled", "sent", "sent"]
    several, single = sorted(mails(operator), key=len, reverse=True)
    assert all(f"o{number}" in several for number in range(3))
    for mail in (several, single):
        assert "R$ 15,00" in mail
        assert len(re.findall(r"[A-Z2-7]{5}-[A-Z2-7]{5}", mail)) == 1


def test_the_bundled_point_to_the_message_that_answers_them_and_the_trace_says_so(
    house: House, operator: Operator
) -> None:
    damaged(house, "o1")
    damaged(house, "o2")
    house.later(hours=2)
    operator("run", "apology")
    (bundled,) = [subject for (_, subject), s in house.standing().items() if s == "bundled"]
    assert "one message answers the whole incident" in house.reasons()["storm", bundled]
    assert "BUNDLED" in operator("why", bundled)
    assert "everything adds up" in operator("reconcile", "--offline")


def test_what_is_no_longer_true_is_not_spoken_of_with_the_others(
    house: House, operator: Operator
) -> None:
    for number in range(3):
        damaged(house, f"o{number}")
    refund = {"amount": "100.00", "currency": "BRL"}
    house.tell("order.refunded", None, "c1", order_id="o1", refund=refund)
    house.later(hours=2)
    operator("run", "apology")
    assert house.standing()["storm", "o1"] == "withdrawn"
    (mail,) = mails(operator)
    assert "o0" in mail
    assert "o1" not in mail
    assert "o2" in mail


def test_what_is_heard_of_after_the_message_but_happened_before_it_is_answered_already(
    house: House, operator: Operator
) -> None:
    before = house.clock.now()
    damaged(house, "o1")
    house.later(hours=2)
    operator("run", "apology")
    damaged(house, "o2", at=before)
    house.later(hours=1)
    operator("run", "apology")
    assert house.standing()["storm", "o2"] == "bundled"


def test_what_happens_after_the_message_is_a_trouble_of_its_own(
    house: House, operator: Operator
) -> None:
    damaged(house, "o1")
    house.later(hours=2)
    operator("run", "apology")
    house.later(hours=1)
    damaged(house, "o2")
    house.later(hours=2)
    operator("run", "apology")
    assert "the customer heard from us lately" in house.reasons()["storm", "o2"]


def test_a_stopped_incident_holds_its_own_triggers_tells_how_many_and_lets_others_go(
    house: House, operator: Operator
) -> None:
    damaged(house, "o1", "c1")
    damaged(house, "o2", "c2")
    damaged(house, "o3", "c3", warehouse="Olinda")
    said = operator("incident", "stop", "storm Recife", "--reason", "the cause is not known yet")
    assert "storm Recife is stopped; 2 triggers wait" in said
    house.later(hours=2)
    operator("run", "apology")
    assert [house.standing()["storm", f"o{n}"] for n in (1, 2, 3)] == ["held", "held", "sent"]
    listed = operator("incident", "list")
    assert re.search(r"storm Recife .* 2 held .* the cause is not known yet", listed)
    assert re.search(r"storm Olinda .* 1 sent", listed)
    assert "the cause is not known yet" in operator("why", "o1")


def test_a_resumed_incident_is_decided_again_and_what_came_too_late_stays_unsaid(
    house: House, operator: Operator
) -> None:
    damaged(house, "o1", "c1")
    operator("incident", "stop", "storm Recife")
    house.later(hours=2)
    operator("run", "apology")
    assert "1 trigger waits" in operator("incident", "stop", "storm Recife")
    said = operator("incident", "resume", "storm Recife")
    assert "storm Recife runs again; 1 trigger" in said
    assert "was not stopped" in operator("incident", "resume", "storm Recife")
    house.later(minutes=1)
    operator("run", "apology")
    assert house.standing()["storm", "o1"] == "sent"


def test_a_cause_that_rules_share_is_stopped_and_resumed_by_its_name_too(
    house: House, operator: Operator
) -> None:
    damaged(house, "o1", "c1")
    damaged(house, "o2", "c2", warehouse="Olinda")
    assert "2 triggers wait" in operator("incident", "stop", "storm")
    house.later(hours=2)
    operator("run", "apology")
    assert set(house.standing().values()) == {"held"}
    assert "storm" in operator("incident", "list")
    assert "2 triggers" in operator("incident", "resume", "storm")
    house.later(minutes=1)
    operator("run", "apology")
    assert set(house.standing().values()) == {"sent"}


def test_a_stop_may_come_before_the_first_trouble(house: House, operator: Operator) -> None:
    assert "0 triggers wait, and what comes" in operator("incident", "stop", "storm Recife")
    damaged(house, "o1")
    house.later(hours=2)
    operator("run", "apology")
    assert house.standing()["storm", "o1"] == "held"
