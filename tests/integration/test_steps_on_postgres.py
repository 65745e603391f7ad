"""Every test of the steps once more, on PostgreSQL; and what only several workers can show."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from aftercare.steps.table import run_batch
from aftercare.store.engine import reading
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
