"""The clock goes back an hour: nothing is said twice, too early or never. And days of 23 and 25
hours, on which wall clocks do the same."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from aftercare.errors import UnknownSendError
from aftercare.facts.model import Order
from aftercare.facts.view import view
from aftercare.steps.model import Batch
from aftercare.steps.table import STEPS
from aftercare.steps.unknown import settle_unknown
from aftercare.store.engine import reading, writing
from aftercare.store.offsets import begin, believe
from aftercare.store.tables import promises, triggers
from aftercare.upkeep.promises import judge_all
from aftercare.upkeep.reconcile import reconcile
from tests.fakes.house import House

HOUR = timedelta(hours=1)


def an_hour_back(house: House) -> None:
    house.clock.move_to(house.clock.now() - HOUR)
    house.machine -= HOUR.total_seconds()


def hear(house: House, *topics: str) -> None:
    """The topics were read to the end at this moment."""
    with writing(house.engine) as connection:
        for topic in topics:
            begin(connection, (topic, 0), 0)
            believe(connection, (topic, 0), house.clock.now())


def test_what_was_sent_before_the_clock_went_back_is_not_sent_again(house: House) -> None:
    house.late_order()
    house.later(hours=3)
    house.run()
    an_hour_back(house)
    for _ in range(6):
        house.run()
        house.later(minutes=30)
    assert set(house.sender.accepted.values()) == {1}
    assert reconcile(house.parts).wrong == []


def test_a_cap_counts_messages_that_seem_to_lie_ahead(house: House) -> None:
    house.late_order("o1")
    house.later(hours=3)
    house.run()
    sent_at = house.clock.now()
    an_hour_back(house)
    house.late_order("o2")
    house.later(hours=2)
    house.run()
    assert house.standing()["late-delivery", "o2"] == "held"
    with reading(house.engine) as connection:
        query = select(triggers.c.due_at).where(triggers.c.subject_id == "o2")
        assert connection.execute(query).scalar_one() >= sent_at + timedelta(hours=24)


def test_what_was_due_waits_for_its_moment_to_come_again_and_is_sent_once(house: House) -> None:
    house.late_order()
    house.later(hours=1, minutes=59)
    an_hour_back(house)
    house.later(minutes=30)
    house.run()
    assert house.sender.mails == []
    house.later(minutes=31)
    house.run()
    assert len(house.sender.mails) == 1


@pytest.mark.parametrize(("until", "becomes"), [("compose", "sent"), ("before-answer", "unknown")])
def test_a_dead_workers_lease_from_before_the_jump_keeps_nothing_stuck(
    house: House, until: str, becomes: str
) -> None:
    house.late_order()
    house.later(hours=3)
    dead = house.batch()
    for name in ("claim", "check", "decide", "compose"):
        STEPS[name](house.parts, dead)
    if until == "before-answer":
        with pytest.raises(KeyboardInterrupt):
            die_while_sending(house, dead.batch_id)
    an_hour_back(house)
    house.later(hours=1)
    house.run()
    assert house.standing()["late-delivery", "o1"] == becomes
    assert sum(house.sender.accepted.values()) <= 1


def die_while_sending(house: House, batch_id: str) -> None:
    def gone(_mail: object) -> str:
        raise KeyboardInterrupt

    alive = house.sender.send
    house.sender.send = gone  # type: ignore[method-assign, assignment]
    try:
        STEPS["send"](house.parts, Batch(batch_id, "apology"))
    finally:
        house.sender.send = alive  # type: ignore[method-assign]


def test_a_worker_alive_across_the_jump_sends_nothing_that_was_taken_over(house: House) -> None:
    house.late_order()
    house.later(hours=3)
    slow = house.batch()
    for name in ("claim", "check", "decide", "compose"):
        STEPS[name](house.parts, slow)
    an_hour_back(house)
    house.later(hours=1)
    house.run()
    assert STEPS["send"](house.parts, slow).total() == 0
    assert set(house.sender.accepted.values()) == {1}


def test_an_unknown_send_is_not_settled_earlier_because_the_clock_went_back(house: House) -> None:
    house.late_order()
    house.later(hours=3)
    house.sender.fail = [UnknownSendError("connection lost")]
    house.run()
    an_hour_back(house)
    house.later(hours=6, minutes=30)
    hear(house, "deliveries")
    assert settle_unknown(house.parts)["waiting"] == 0
    assert house.sender.mails == []


def test_what_was_heard_after_a_moment_is_not_believed_of_the_same_moment_again(
    house: House,
) -> None:
    topics = ("orders", "complaints", "support")
    house.tell("order.placed", order_id="o1", promised_on="2026-01-06", customer={"country": "BR"})
    with reading(house.engine) as connection:
        by = connection.execute(select(promises.c.by)).scalar_one()
    house.clock.move_to(by + timedelta(minutes=10))
    hear(house, *topics)
    an_hour_back(house)
    hear(house, *topics)
    house.later(minutes=55)
    assert judge_all(house.parts)["closed"] == 0


@pytest.mark.parametrize(
    ("delivered", "days_late"),
    [
        # Lisbon loses an hour in the night of 29 March 2026 and gains one in that of 25 October.
        (datetime(2026, 3, 29, 22, 59, tzinfo=UTC), 0),
        (datetime(2026, 3, 29, 23, 1, tzinfo=UTC), 1),
        (datetime(2026, 10, 25, 23, 59, tzinfo=UTC), 0),
        (datetime(2026, 10, 26, 0, 1, tzinfo=UTC), 1),
    ],
)
def test_days_late_are_counted_by_the_calendar_on_days_of_23_and_25_hours(
    delivered: datetime, days_late: int
) -> None:
    promised = datetime(2026, delivered.month, 29 if delivered.month == 3 else 25).date()
    order = Order(customer_id="c", order_id="o", promised_on=promised, delivered_at=delivered)
    assert view(order, ZoneInfo("Europe/Lisbon"))["days_late"] == days_late
