"""The life of a follow-up through the real steps and a real store."""

import itertools
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from aftercare.errors import (
    AftercareError,
    BatchStopped,
    PermanentSendError,
    StoreError,
    TemporarySendError,
    UnknownSendError,
)
from aftercare.intake.deliveries import take_in_deliveries
from aftercare.intake.model import Incoming
from aftercare.lifecycle import MOVES, Status
from aftercare.steps import switch
from aftercare.steps.table import STEPS, run_batch
from aftercare.steps.unknown import settle_by_hand, settle_unknown
from aftercare.store import guard
from aftercare.store.engine import is_postgres, reading, writing
from aftercare.store.offsets import begin, believe
from aftercare.store.tables import budgets, extras, follow_ups, handoffs, trace, triggers
from aftercare.upkeep.handoffs import deliver_handoffs
from aftercare.upkeep.lateness import oldest_due, stuck, watch
from aftercare.upkeep.promises import judge_all
from aftercare.upkeep.reconcile import reconcile
from tests.fakes.house import START, House

LATE = ("late-delivery", "o1")


def delivery(event: str, follow_up: str, number: int = 1) -> Incoming:
    raw = (
        f'{{"specversion":"1.0","id":"d{number}","source":"/sg","type":"sendgrid.{event}","data":'
        f'{{"event":"{event}","sg_event_id":"sg{number}","timestamp":1767640000,'
        f'"follow_up_id":"{follow_up}"}}}}'
    )
    return Incoming("deliveries", 0, number, None, raw.encode())


def follow_up_of(house: House) -> str:
    query = select(follow_ups.c.follow_up_id).where(follow_ups.c.status != "dropped")
    with reading(house.engine) as connection:
        return str(connection.execute(query).scalars().one())


def listened(house: House) -> None:
    """The deliveries topic was read to this moment."""
    with writing(house.engine) as connection:
        begin(connection, ("deliveries", 0), 0)
        believe(connection, ("deliveries", 0), house.clock.now())


def test_a_late_order_becomes_one_apology(house: House) -> None:
    house.late_order()
    house.later(hours=3)
    house.run()
    house.run()
    assert house.standing()[LATE] == "sent"
    assert [mail.to.email for mail in house.sender.mails] == ["c1@example.com"]


def test_handling_every_event_twice_sends_nothing_twice(house: House) -> None:
    house.late_order()
    house.later(hours=3)
    house.run()
    house.clock.move_to(START)
    house.late_order()
    house.later(hours=4)
    house.run()
    assert len(house.sender.mails) == 1


def test_nothing_is_sent_before_its_wait_is_over(house: House) -> None:
    house.late_order()
    house.later(hours=1)
    house.run()
    assert house.standing()[LATE] == "waiting"


def test_a_customer_hears_once_of_one_lateness(house: House) -> None:
    house.late_order(days=5)
    with writing(house.engine) as connection:
        for topic in ("orders", "complaints", "support"):
            begin(connection, (topic, 0), 0)
            believe(connection, (topic, 0), house.clock.now())
    assert judge_all(house.parts)["born"] == 1
    house.later(hours=3)
    house.run()
    house.later(days=1, hours=1)
    house.run()
    assert sorted(house.standing().values()) == ["bundled", "sent"]
    assert len(house.sender.mails) == 1


def test_silence_is_not_believed_where_nobody_listened(house: House) -> None:
    house.tell("order.placed", order_id="o1", promised_on="2026-01-06")
    house.later(days=10)
    assert judge_all(house.parts)["closed"] == 0


def test_consumers_that_were_down_for_two_days_cause_no_false_apology(house: House) -> None:
    house.tell("order.placed", order_id="o1", promised_on="2026-01-06", customer={"country": "BR"})
    with writing(house.engine) as connection:
        for topic in ("orders", "complaints", "support"):
            begin(connection, (topic, 0), 0)
            believe(connection, (topic, 0), house.clock.now())
    came = house.clock.now() + timedelta(days=1)
    house.later(days=5)
    # The consumers are back, but have not read the delivery yet.
    assert judge_all(house.parts)["closed"] == 0
    house.tell("order.delivered", came, order_id="o1")
    with writing(house.engine) as connection:
        for topic in ("orders", "complaints", "support"):
            believe(connection, (topic, 0), house.clock.now())
    assert judge_all(house.parts)["born"] == 0
    assert ("promise-missed", "o1") not in house.standing()


def test_a_bad_row_is_quarantined_and_the_rest_goes_on(house: House) -> None:
    house.late_order("o1", "c1")
    house.late_order("o2", "c2")
    house.gate.bad = {"c1"}
    house.later(hours=3)
    house.run()
    assert house.standing()[LATE] == "quarantined"
    assert house.standing()[("late-delivery", "o2")] == "sent"


def test_a_quarantined_row_is_checked_again_when_its_facts_change(house: House) -> None:
    house.late_order()
    house.gate.bad = {"c1"}
    house.later(hours=3)
    house.run()
    house.gate.bad = set()
    house.tell("customer.updated", customer={"email": "right@example.com"})
    house.run()
    assert house.standing()[LATE] == "sent"
    assert house.sender.mails[0].to.email == "right@example.com"


def test_a_stopped_kind_sends_nothing_until_it_is_resumed(house: House) -> None:
    house.late_order()
    house.later(hours=3)
    house.gate.stop = "9 of 10 rows are bad"
    with pytest.raises(BatchStopped, match="aftercare resume apology"):
        house.run()
    assert house.standing()[LATE] == "waiting"
    house.gate.stop = None
    house.run()
    assert house.standing()[LATE] == "waiting"
    assert switch.resume(house.parts, "kind", "apology")
    house.run()
    assert house.standing()[LATE] == "sent"


def test_a_temporary_refusal_is_tried_again_after_a_pause(house: House) -> None:
    house.late_order()
    house.later(hours=3)
    house.sender.fail = [TemporarySendError("busy", retry_after=60)]
    house.run()
    assert house.standing()[LATE] == "waiting"
    house.run()
    assert house.standing()[LATE] == "waiting"
    house.later(minutes=2)
    house.run()
    assert house.standing()[LATE] == "sent"


def test_a_final_refusal_gives_back_the_extra(house: House) -> None:
    house.late_order()
    house.later(hours=3)
    house.sender.fail = [PermanentSendError("no such mailbox")]
    house.run()
    assert house.standing()[LATE] == "failed"
    with reading(house.engine) as connection:
        assert connection.execute(select(extras)).all() == []
        assert set(connection.execute(select(budgets.c.used_minor)).scalars()) == {0}


def test_an_unknown_send_is_never_blindly_sent_again(house: House) -> None:
    house.late_order()
    house.later(hours=3)
    house.sender.fail = [UnknownSendError("connection lost")]
    house.run()
    house.later(hours=1)
    house.run()
    assert settle_unknown(house.parts)["needs a person"] == 1
    assert house.standing()[LATE] == "unknown"
    assert house.sender.mails == []


def test_the_providers_event_settles_an_unknown_send(house: House) -> None:
    house.late_order()
    house.later(hours=3)
    house.sender.fail = [UnknownSendError("connection lost")]
    house.run()
    events = [delivery("delivered", follow_up_of(house))] * 2
    with writing(house.engine) as connection:
        take_in_deliveries(connection, events, house.clock.now())
    assert house.standing()[LATE] == "sent"
    assert reconcile(house.parts).wrong == []


def test_silence_settles_an_unknown_send_only_where_others_were_heard(house: House) -> None:
    house.late_order()
    house.later(hours=3)
    house.sender.fail = [UnknownSendError("connection lost")]
    house.run()
    house.later(hours=7)
    listened(house)
    assert settle_unknown(house.parts)["needs a person"] == 1
    with writing(house.engine) as connection:
        take_in_deliveries(connection, [delivery("delivered", "other", 9)], house.clock.now())
    assert settle_unknown(house.parts)["waiting"] == 1
    house.later(hours=14)
    house.run()
    assert house.standing()[LATE] == "sent"


def test_an_operator_settles_an_unknown_send_by_hand(house: House) -> None:
    house.late_order()
    house.later(hours=3)
    house.sender.fail = [UnknownSendError("connection lost")]
    house.run()
    (late,) = house.trigger_ids()
    assert settle_by_hand(house.parts, late, arrived=True, by="Ana") == "sent"


def test_a_claim_whose_worker_died_is_taken_over_when_its_lease_ends(house: House) -> None:
    house.late_order()
    house.later(hours=3)
    STEPS["claim"](house.parts, house.batch())
    house.run()
    assert house.standing()[LATE] == "claimed"
    house.machine += house.parts.settings.lease + 1
    house.run()
    assert house.standing()[LATE] == "sent"


def test_a_worker_that_comes_back_after_its_lease_sends_nothing(house: House) -> None:
    house.late_order()
    house.later(hours=3)
    slow = house.batch()
    for name in ("claim", "check", "decide", "compose"):
        STEPS[name](house.parts, slow)
    house.machine += house.parts.settings.lease + 1
    house.run()
    assert STEPS["send"](house.parts, slow).total() == 0
    assert len(house.sender.mails) == 1


def test_steps_that_run_twice_send_once(house: House) -> None:
    house.late_order()
    house.later(hours=3)
    batch = house.batch()
    for name, _ in itertools.product(STEPS, range(2)):
        STEPS[name](house.parts, batch)
    assert len(house.sender.mails) == 1
    assert run_batch(house.parts, batch)["claimed"] == 0


def test_facts_are_asked_again_seconds_before_sending(house: House) -> None:
    house.late_order()
    house.later(hours=3)
    batch = house.batch()
    for name in ("claim", "check", "decide", "compose"):
        STEPS[name](house.parts, batch)
    house.tell("customer.erased")
    STEPS["send"](house.parts, batch)
    assert house.standing()[LATE] == "withdrawn"
    assert house.sender.mails == []


def test_history_is_born_expired_and_surprises_nobody(house: House) -> None:
    house.late_order()
    house.clock.move_to(START + timedelta(days=300))
    house.take([house.event("order.delivered", START, "c9", order_id="o9")])
    house.tell(
        "order.placed", START - timedelta(days=9), "c9", order_id="o9", promised_on="2025-12-30"
    )
    assert house.standing()[("late-delivery", "o9")] == "expired"
    house.run()
    assert house.sender.mails == []


def test_a_critical_complaint_goes_to_a_person_with_its_story(house: House) -> None:
    house.tell("complaint.opened", complaint_id="k1", severity="critical", comment="It burns")
    house.run()
    assert house.standing()[("critical-complaint", "k1")] == "escalated"
    assert deliver_handoffs(house.parts) == 1
    assert deliver_handoffs(house.parts) == 0
    assert "It burns" in house.sender.mails[0].text


def test_a_ticket_that_is_resolved_again_is_asked_about_again(house: House) -> None:
    house.tell("support.resolved", ticket_id="t1")
    house.later(days=1)
    house.tell("support.reopened", ticket_id="t1")
    house.later(days=3)
    house.run()
    assert house.standing()[("is-it-fixed", "t1")] == "withdrawn"
    house.tell("support.resolved", ticket_id="t1")
    assert house.standing()[("is-it-fixed", "t1")] == "waiting"


def test_the_sums_add_up_after_a_busy_day(house: House) -> None:
    for number in range(6):
        house.late_order(f"o{number}", f"c{number % 3}")
    house.sender.fail = [TemporarySendError("busy"), UnknownSendError("gone")]
    house.later(hours=3)
    house.run()
    assert reconcile(house.parts).wrong == []


def test_lateness_is_watched(house: House) -> None:
    house.late_order()
    house.later(hours=4)
    assert oldest_due(house.parts) == pytest.approx(7200)
    with pytest.raises(Exception, match="LATE_LIMIT"):
        watch(house.parts)


def test_what_was_heard_late_counts_as_waiting_from_then_on(house: House) -> None:
    two_days_ago = house.clock.now() - timedelta(days=2)
    promised = (two_days_ago - timedelta(days=3)).date().isoformat()
    house.tell(
        "order.placed", two_days_ago - timedelta(days=9), order_id="o1", promised_on=promised
    )
    house.tell("order.delivered", two_days_ago, order_id="o1")
    house.later(minutes=10)
    assert watch(house.parts) == pytest.approx(600)


def test_an_overdue_promise_that_nobody_judges_is_told(house: House) -> None:
    promised = house.clock.now().date().isoformat()
    house.tell("order.placed", order_id="o1", promised_on=promised)
    house.later(days=1)
    assert watch(house.parts) == 0
    house.later(days=1)
    with pytest.raises(AftercareError, match="overdue promise was not judged for"):
        watch(house.parts)


def test_consumers_that_do_not_read_are_told(house: House) -> None:
    listened(house)
    assert watch(house.parts) == 0
    house.later(hours=2)
    with pytest.raises(
        AftercareError, match="consumers have read to the end of every topic 7200 s"
    ):
        watch(house.parts)


def test_an_unknown_send_that_nothing_settles_is_told(house: House) -> None:
    house.late_order()
    house.later(hours=3)
    house.sender.fail = [UnknownSendError("connection lost")]
    house.run()
    house.later(hours=6)
    assert not any("unknown" in line for line in stuck(house.parts))
    house.later(hours=2)
    assert any("1 sends are unknown and nothing" in line for line in stuck(house.parts))


@pytest.mark.parametrize("source", list(Status))
def test_the_store_itself_refuses_unknown_moves(house: House, source: Status) -> None:
    house.late_order()
    forbidden = [s for s in Status if s is not source and s not in MOVES[source]]
    with writing(house.engine) as connection:
        of = " ON triggers" if is_postgres(connection) else ""
        connection.exec_driver_sql(f"DROP TRIGGER refuse_unknown_move{of}")
        connection.execute(update(triggers).values(status=source.value))
        guard.install(connection)
    for target in forbidden:
        with pytest.raises(StoreError), writing(house.engine) as connection:
            connection.execute(update(triggers).values(status=target.value))


def test_an_extra_is_reserved_once_and_spent_with_its_message(house: House) -> None:
    house.late_order()
    house.later(hours=3)
    house.run()
    with reading(house.engine) as connection:
        row: Any = connection.execute(select(extras)).mappings().one()
    assert (row["amount"], row["currency"], row["status"]) == ("10.00", "BRL", "spent")
    assert row["code"] in house.sender.mails[0].text or row["code"] in house.sender.mails[0].html


def test_a_handoff_answers_for_its_care(house: House) -> None:
    house.tell("complaint.opened", complaint_id="k1", severity="critical")
    house.run()
    with reading(house.engine) as connection:
        assert len(connection.execute(select(handoffs)).all()) == 1


def test_an_order_in_another_currency_gets_no_extra_of_a_budget_that_cannot_pay_it(
    house: House,
) -> None:
    now = house.clock.now()
    person = {"email": "c1@example.com", "first_name": "Ana", "language": "pt", "country": "PT"}
    house.tell(
        "order.placed",
        now - timedelta(days=8),
        order_id="o1",
        promised_on=(now - timedelta(days=2)).date().isoformat(),
        total={"amount": "100.00", "currency": "EUR"},
        items=[{"name": "Manta"}],
        customer=person,
    )
    house.tell("order.delivered", now, order_id="o1")
    house.later(hours=3)
    house.run()
    assert house.standing()[LATE] == "sent"
    assert "budget late-delivery is in BRL, not EUR" in notes(house, "decide")
    (mail,) = house.sender.mails
    assert "BRL" not in mail.text
    assert "R$" not in mail.text
    with reading(house.engine) as connection:
        assert connection.execute(select(extras)).all() == []


def notes(house: House, step: str) -> str:
    with reading(house.engine) as connection:
        query = select(trace.c.words).where(trace.c.step == step)
        return "\n".join(connection.execute(query).scalars())
