"""The shared Olist pack, counted independently with pandas."""

import json
import random
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import func, select

from aftercare.facts.model import Order
from aftercare.facts.view import view
from aftercare.gate import make_gate
from aftercare.gate.model import Row
from aftercare.intake import take_in
from aftercare.intake.expect import judge_promises
from aftercare.settings import Settings
from aftercare.simulate.lines import Line, read_lines
from aftercare.simulate.whole import simulate
from aftercare.sources.files import write_events
from aftercare.sources.olist import olist_events
from aftercare.store import facts as store
from aftercare.store.engine import reading, writing
from aftercare.store.tables import FACT_TABLES, promises, triggers
from tests.fakes.house import House

PERSON = {"email": "ana@example.com", "first_name": "Ana", "name": "Ana", "language": "pt"}
NOW = datetime(2026, 1, 1, tzinfo=UTC)
PACK = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "olist"
pytestmark = pytest.mark.skipif(
    not PACK.is_dir(), reason="the Olist pack is not beside this checkout"
)


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("olist") / "events.jsonl"
    write_events(file, olist_events(PACK))
    return file


@pytest.fixture(scope="module")
def counted() -> dict[str, int]:
    """Lateness by calendar day and missed promises, straight from the CSV."""
    dates = list(range(3, 8))
    orders = pd.read_csv(PACK / "orders.csv.gz", parse_dates=dates)
    delivered, promised = orders.order_delivered_customer_date, orders.order_estimated_delivery_date
    days = (delivered.dt.normalize() - promised.dt.normalize()).dt.days
    by = promised.dt.normalize() + pd.Timedelta(hours=48)
    lost = ~(delivered <= by) & ~orders.order_status.isin(["canceled", "unavailable"])
    return {
        "orders": len(orders),
        "late-delivery": int((days >= 1).sum()),
        "promise-missed": int(lost.sum()),
    }


def _take(house: House, lines: list[Line], size: int) -> None:
    for start in range(0, len(lines), size):
        with writing(house.engine) as connection:
            take_in(
                connection,
                [line.incoming for line in lines[start : start + size]],
                rulebook=house.parts.rulebook,
                zone=house.parts.zone,
                now=house.clock.now(),
            )


def _judge(house: House) -> None:
    now, closed = house.clock.now(), 1000
    while closed == 1000:
        with writing(house.engine) as connection:
            heard = dict.fromkeys(("orders", "complaints", "support"), now)
            closed, _ = judge_promises(
                connection, heard, rulebook=house.parts.rulebook, zone=house.parts.zone, now=now
            )


def _plain(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _everything(house: House) -> list[list[tuple[object, ...]]]:
    """Facts, triggers and promises; without where in Kafka they came from."""
    columns = [list(table.c) for table in FACT_TABLES.values()]
    columns.append(
        [triggers.c.trigger_id, triggers.c.status, triggers.c.happened_at, triggers.c.due_at]
    )
    columns.append([promises.c.promise_id, promises.c.by, promises.c.status])
    with reading(house.engine) as connection:
        return [
            [tuple(map(_plain, row)) for row in connection.execute(select(*c).order_by(c[0]))]
            for c in columns
        ]


def test_history_makes_facts_and_triggers_exactly_as_counted_and_surprises_nobody(
    events: Path, counted: dict[str, int], tmp_path: Path
) -> None:
    house = House(f"sqlite:///{tmp_path / 'store.db'}")
    _take(house, list(read_lines(events)), 1000)
    _judge(house)
    by_rule = select(triggers.c.rule, func.count()).group_by(triggers.c.rule)
    with reading(house.engine) as connection:
        found = {str(rule): int(number) for rule, number in connection.execute(by_rule)}
        number = connection.execute(select(func.count()).select_from(FACT_TABLES["order"])).scalar()
    assert number == counted["orders"] == 9185
    assert found["late-delivery"] == counted["late-delivery"] == 536
    assert found["promise-missed"] == counted["promise-missed"] == 635
    assert set(house.standing().values()) == {"expired"}
    house.run()
    assert house.sender.mails == []


def test_any_order_and_any_repetition_of_the_events_leaves_the_same_rows(
    events: Path, tmp_path: Path
) -> None:
    lines = list(read_lines(events))[:6000]
    straight = House(f"sqlite:///{tmp_path / 'straight.db'}")
    _take(straight, lines, 1000)
    _judge(straight)
    shuffled = lines + lines[:2000]
    random.Random(3).shuffle(shuffled)
    crooked = House(f"sqlite:///{tmp_path / 'crooked.db'}")
    _take(crooked, shuffled, 333)
    _judge(crooked)
    assert _everything(crooked) == _everything(straight)


@pytest.mark.timeout(600)
def test_the_whole_pack_simulated_counts_the_same_and_nobody_hears_twice_of_one_lateness(
    events: Path, counted: dict[str, int], tmp_path: Path
) -> None:
    found = simulate(Settings(home=tmp_path), lambda: read_lines(events), outbox=None)
    assert found["triggers"]["late-delivery"] == counted["late-delivery"]
    assert found["triggers"]["promise-missed"] == counted["promise-missed"]
    assert found["events"] == sum(1 for _ in read_lines(events))
    assert found["dead_letters"]["total"] == 0
    assert found["stopped"] == {}
    late = found["outcomes_by_rule"]
    told = late["late-delivery"].get("sent", 0) + late["promise-missed"].get("sent", 0)
    assert told <= counted["late-delivery"] + counted["promise-missed"] - 1


def test_orders_that_came_before_they_left_are_what_the_gate_puts_aside(
    events: Path, tmp_path: Path
) -> None:
    house = House(f"sqlite:///{tmp_path / 'store.db'}")
    _take(house, list(read_lines(events)), 1000)
    with reading(house.engine) as connection:
        ids = list(connection.execute(select(FACT_TABLES["order"].c.order_id)).scalars())
        orders = store.load(connection, Order, ids)
    rows = [
        Row(
            i,
            "r",
            "apology/late_delivery",
            (),
            {"customer": PERSON, "order": view(order, house.parts.zone)},
            NOW,
        )
        for i, order in orders.items()
    ]
    failures = (
        make_gate(Settings(home=tmp_path), house.parts.policy.gate, docs=False)
        .check("apology", rows)
        .failures
    )
    found = {
        i for i, f in failures.items() if "delivered-after-shipped" in {x.expectation for x in f}
    }
    table = pd.read_csv(PACK / "orders.csv.gz", parse_dates=list(range(3, 8)))
    dirty = table[table.order_delivered_customer_date < table.order_delivered_carrier_date]
    assert found == set(dirty.order_id)
    assert len(found) == 5
