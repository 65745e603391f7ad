"""Every test of the steps once more, on PostgreSQL; and what only several workers can show."""

import dataclasses
import re
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import msgspec
import pytest
from sqlalchemy import select

from aftercare.decision.policy import Apologies, Budget, Frequency
from aftercare.extras.pool import fill
from aftercare.steps.table import run_batch
from aftercare.store.engine import reading, writing
from aftercare.store.tables import budgets, extras
from tests.fakes.house import House
from tests.unit.test_steps import *  # noqa: F403 - the same promises, another store

pytestmark = pytest.mark.postgres


@pytest.fixture
def house(postgres_url: str) -> House:
    # A small chunk, so that every worker gets some.
    return House(postgres_url, chunk=10)


def test_workers_side_by_side_send_everything_once(house: House) -> None:
    for number in range(60):
        house.late_order(f"o{number}", f"c{number}")
    house.later(hours=3)
    batches = [house.batch() for _ in range(8)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda batch: run_batch(house.parts, batch), batches))
    house.run()
    assert set(house.standing().values()) == {"sent"}
    assert sorted(house.sender.accepted.values()) == [1] * 60


def test_workers_side_by_side_never_overdraw_a_budget(house: House) -> None:
    # 600 a day at 10 an order: sixty orders fit, the others are sent without.
    for number in range(80):
        house.late_order(f"o{number}", f"c{number}")
    house.later(hours=3)
    batches = [house.batch() for _ in range(10)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda batch: run_batch(house.parts, batch), batches))
    with reading(house.engine) as connection:
        spent = connection.execute(select(extras.c.amount)).scalars().all()
        used = connection.execute(select(budgets.c.used_minor)).scalars().all()
    assert len(spent) == 60
    assert max(used) == 60_000
    assert len(house.sender.mails) == 80


def test_a_customer_hears_one_message_a_day_from_workers_side_by_side(house: House) -> None:
    for number in range(6):
        house.late_order(f"o{number}", "c1")
    house.later(hours=3)
    batches = [house.batch() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda batch: run_batch(house.parts, batch), batches))
    assert len(house.sender.mails) == 1


def late_delivery(house: House, budget: Budget) -> None:
    """Pay late deliveries from this budget, and let nothing else hold them back."""
    policy = house.parts.policy
    house.parts.policy = msgspec.structs.replace(
        policy,
        frequency=Frequency(),
        apologies=Apologies(),
        budgets=policy.budgets | {"late-delivery": budget},
    )


def test_workers_side_by_side_give_each_code_of_a_pool_once(house: House) -> None:
    late_delivery(house, Budget(currency="BRL", codes="pool"))
    with writing(house.engine) as connection:
        fill(connection, [{"code": f"POOL-{n}", "pool": "late-delivery"} for n in range(5)])
    for number in range(40):
        house.late_order(f"o{number}", f"c{number}")
    house.later(hours=3)
    batches = [house.batch() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda batch: run_batch(house.parts, batch), batches))
    house.run()
    promised = [code for mail in house.sender.mails for code in re.findall(r"POOL-\d", mail.text)]
    assert sorted(set(promised)) == [f"POOL-{n}" for n in range(5)]
    by_mail = [len(set(re.findall(r"POOL-\d", mail.text))) for mail in house.sender.mails]
    assert sorted(by_mail) == [0] * 35 + [1] * 5
    with reading(house.engine) as connection:
        given = connection.execute(select(extras.c.code, extras.c.status)).all()
    assert sorted((row.code, row.status) for row in given) == [
        (f"POOL-{n}", "spent") for n in range(5)
    ]


def test_workers_side_by_side_keep_to_a_customers_limit(house: House) -> None:
    late_delivery(house, Budget(currency="BRL", per_customer=Decimal(25)))
    for number in range(12):
        house.late_order(f"o{number}", "c1")
    house.later(hours=3)
    batches = [house.batch() for _ in range(12)]
    house.parts.settings = dataclasses.replace(house.parts.settings, chunk=1)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda batch: run_batch(house.parts, batch), batches))
    with reading(house.engine) as connection:
        amounts = [Decimal(a) for a in connection.execute(select(extras.c.amount)).scalars()]
    assert amounts == [Decimal(10)] * 2
