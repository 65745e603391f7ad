"""The wallet adds up whatever becomes of a message, and what does not add up is named."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest
from sqlalchemy import delete, select, update

from aftercare.decision.policy import Budget
from aftercare.errors import PermanentSendError, TemporarySendError, UnknownSendError
from aftercare.extras.pool import fill
from aftercare.steps.unknown import settle_by_hand
from aftercare.store.engine import reading, writing
from aftercare.store.tables import budgets, codes, extras
from aftercare.upkeep.reconcile import reconcile
from tests.fakes.house import House

LATE = ("late-delivery", "o1")


@pytest.fixture
def pooled(house: House) -> House:
    """A house whose late deliveries are paid by one code."""
    policy = house.parts.policy
    budget = Budget(currency="BRL", per_month=Decimal(100), codes="pool")
    house.parts.policy = msgspec.structs.replace(
        policy, budgets=policy.budgets | {"late-delivery": budget}
    )
    with writing(house.engine) as connection:
        fill(connection, [{"code": "ONLY-ONE", "pool": "late-delivery"}])
    house.late_order()
    house.later(hours=3)
    return house


def held(house: House) -> tuple[int, list[str | None]]:
    """Cents that the month counts, and who has the code."""
    with reading(house.engine) as connection:
        used = select(budgets.c.used_minor).where(budgets.c.period == "2026-01")
        taken = connection.execute(select(codes.c.extra_id)).scalars().all()
        return connection.execute(used).scalar() or 0, list(taken)


def test_a_message_that_is_refused_for_good_gives_back_its_money_and_its_code(
    pooled: House,
) -> None:
    pooled.sender.fail = [PermanentSendError("no such address")]
    pooled.run()
    assert pooled.standing()[LATE] == "failed"
    assert held(pooled) == (0, [None])
    assert reconcile(pooled.parts).wrong == []


def test_a_message_that_is_withdrawn_after_it_was_refused_for_a_while_gives_both_back(
    pooled: House,
) -> None:
    pooled.sender.fail = [TemporarySendError("busy")]
    pooled.run()
    assert pooled.standing()[LATE] == "waiting"
    assert held(pooled)[0] == 1000
    assert reconcile(pooled.parts).wrong == []
    pooled.tell("customer.erased")
    pooled.later(hours=2)
    pooled.run()
    assert pooled.standing()[LATE] == "withdrawn"
    assert held(pooled) == (0, [None])
    assert reconcile(pooled.parts).wrong == []


def test_an_unknown_message_keeps_both_and_another_try_of_it_gives_the_same_code(
    pooled: House,
) -> None:
    pooled.sender.fail = [UnknownSendError("no answer")]
    pooled.run()
    assert pooled.standing()[LATE] == "unknown"
    assert held(pooled)[0] == 1000
    (trigger,) = pooled.trigger_ids()
    settle_by_hand(pooled.parts, trigger, arrived=False, by="maria")
    pooled.later(minutes=1)
    pooled.run()
    (mail,) = pooled.sender.mails
    assert "ONLY-ONE" in mail.text
    assert held(pooled)[0] == 1000
    assert reconcile(pooled.parts).wrong == []


def lose_an_extra(house: House) -> None:
    with writing(house.engine) as connection:
        connection.execute(delete(extras))


def count_too_much(house: House) -> None:
    with writing(house.engine) as connection:
        connection.execute(update(budgets).values(used_minor=budgets.c.used_minor + 1))


def keep_it_back(house: House) -> None:
    with writing(house.engine) as connection:
        connection.execute(update(extras).values(status="reserved"))


def give_another_code(house: House) -> None:
    with writing(house.engine) as connection:
        connection.execute(update(extras).values(code="ANOTHER"))


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (
            lose_an_extra,
            "budget late-delivery counts 10.00 BRL for 2026-01, its extras add up to 0",
        ),
        (lose_an_extra, "1 codes are taken by an extra that does not give them"),
        (count_too_much, "budget late-delivery counts 10.01 BRL for 2026-01-05, its extras add up"),
        (keep_it_back, "1 extras are reserved for messages that will not leave"),
        (give_another_code, "1 codes are taken by an extra that does not give them"),
    ],
)
def test_what_does_not_add_up_is_named(
    pooled: House, trouble: Callable[[House], None], told: str
) -> None:
    pooled.run()
    assert reconcile(pooled.parts).wrong == []
    trouble(pooled)
    assert any(told in line for line in reconcile(pooled.parts).wrong)


def test_what_was_given_last_month_is_not_asked_for_in_this_one(pooled: House) -> None:
    pooled.run()
    pooled.clock.move_to(pooled.clock.now() + timedelta(days=40))
    assert reconcile(pooled.parts).wrong == []
