"""Adding up while everything is moving: what is true at one moment is compared with nothing later."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from aftercare.steps.table import run_batch
from aftercare.store.engine import reading
from aftercare.store.tables import triggers
from aftercare.upkeep.reconcile import reconcile
from tests.fakes.house import House

pytestmark = pytest.mark.postgres


@pytest.fixture
def house(postgres_url: str) -> House:
    return House(postgres_url, chunk=5)


def test_a_view_shows_one_moment_however_many_queries_it_takes(house: House) -> None:
    house.late_order("o1", "c1")
    number = select(func.count()).select_from(triggers)
    with reading(house.engine) as connection:
        before = connection.execute(number).scalar_one()
        house.late_order("o2", "c2")
        assert connection.execute(number).scalar_one() == before
    with reading(house.engine) as connection:
        assert connection.execute(number).scalar_one() > before


def test_everything_adds_up_at_every_moment_while_workers_send(house: House) -> None:
    for number in range(60):
        house.late_order(f"o{number}", f"c{number}")
    house.later(hours=3)
    batches = [house.batch() for _ in range(12)]
    wrong: list[str] = []
    times = 0
    with ThreadPoolExecutor(3) as pool:
        work = [pool.submit(run_batch, house.parts, batch) for batch in batches]
        while not all(one.done() for one in work):
            wrong += reconcile(house.parts).wrong
            times += 1
        for one in work:
            one.result()
    assert wrong == []
    assert times > 3
