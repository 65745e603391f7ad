"""Olist's files as events: against a small folder of our own, and against the real slice."""

import gzip
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from aftercare.errors import UsageError
from aftercare.events import types as e
from aftercare.events.decode import decode, encode
from aftercare.sources.olist import Tally, olist_events
from aftercare.sources.olist.moments import ZONE, moment

REAL = Path(__file__).parents[2] / ".." / "shared" / "data" / "olist"

TABLES = {
    "olist_orders_dataset": """\
order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,\
order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date
o2,k2,delivered,2026-02-01 10:00:00,2026-02-01 11:00:00,2026-02-02 09:00:00,\
2026-02-09 17:00:00,2026-02-06 00:00:00
o1,k1,canceled,2026-01-01 10:00:00,2026-01-03 11:00:00,,,2026-01-20 00:00:00
o3,k3,delivered,2026-03-01 10:00:00,,2026-03-05 09:00:00,2026-03-04 17:00:00,2026-03-06 00:00:00
o4,k1,shipped,once upon a time,,,,2026-03-06 00:00:00
""",
    "olist_customers_dataset": "customer_id,customer_unique_id\nk1,u1\nk2,u1\n",
    "olist_order_items_dataset": """\
order_id,product_id,price,freight_value
o1,p1,20.00,5.50
o1,p1,20.00,5.50
o2,p2,7.10,0.00
o3,p3,1.00,0.00
""",
    "olist_order_payments_dataset": "order_id,payment_value\no2,4.00\no2,5.05\n",
    "olist_order_reviews_dataset": """\
review_id,order_id,review_score,review_comment_title,review_comment_message,\
review_creation_date,review_answer_timestamp
r1,o2,1,Ruim,"Duas
linhas",2026-02-10 00:00:00,2026-02-11 08:00:00
r1,o3,2,,,2026-03-05 00:00:00,2026-03-06 08:00:00
r2,o3,4,,,2026-03-05 00:00:00,2026-03-06 08:00:00
r3,gone,1,,,2026-03-05 00:00:00,2026-03-06 08:00:00
""",
    "olist_products_dataset": (
        "product_id,product_category_name\np1,cama_mesa_banho\np2,cozinha\np3,\n"
    ),
    "product_category_name_translation": (
        "\ufeffproduct_category_name,product_category_name_english\n"
        "cama_mesa_banho,bed_bath_table\n"
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in TABLES.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    return tmp_path


def by_id(events: Iterable[e.AnyEvent]) -> dict[str, e.AnyEvent]:
    return {event.id.removeprefix("olist:"): event for event in events}


def placed(events: Iterable[e.AnyEvent], order: str) -> e.OrderPlaced:
    found = by_id(events)[f"{order}:placed"]
    assert isinstance(found, e.OrderPlaced)
    return found


def test_an_order_becomes_its_events_in_order_of_time(folder: Path) -> None:
    happened = [event.id for event in olist_events(folder)]
    assert happened == [
        "olist:o1:placed",
        "olist:o1:cancelled",
        "olist:o2:placed",
        "olist:o2:shipped",
        "olist:o2:delivered",
        "olist:r1.o2:opened",
        "olist:o3:placed",
        "olist:o3:delivered",
        "olist:o3:shipped",
        "olist:r1.o3:opened",
    ]


def test_a_cancelled_order_was_so_at_its_last_known_time(folder: Path) -> None:
    cancelled = by_id(olist_events(folder))["o1:cancelled"]
    assert cancelled.time == moment("2026-01-03 11:00:00")


def test_orders_count_by_person_and_by_purchase(folder: Path) -> None:
    events = list(olist_events(folder))
    first, second = placed(events, "o1"), placed(events, "o2")
    assert (first.data.customer_id, first.data.nth_order) == ("u1", 1)
    assert (second.data.customer_id, second.data.nth_order) == ("u1", 2)
    assert placed(events, "o3").data.customer_id == "k3"


def test_totals_are_payments_or_else_items_and_freight(folder: Path) -> None:
    events = list(olist_events(folder))
    totals = [placed(events, order).data.total for order in ("o1", "o2")]
    assert [total.amount for total in totals if total] == ["51.00", "9.05"]


def test_items_are_named_by_category_and_like_ones_are_counted(folder: Path) -> None:
    events = list(olist_events(folder))
    items = [placed(events, order).data.items for order in ("o1", "o2", "o3")]
    named = [[(item.name, item.quantity) for item in each] for each in items]
    assert named == [[("Bed Bath Table", 2)], [("Cozinha", 1)], []]


def test_bad_reviews_are_complaints_when_the_customer_wrote_them(folder: Path) -> None:
    found = by_id(olist_events(folder))
    high, medium = found["r1.o2:opened"], found["r1.o3:opened"]
    assert isinstance(high, e.ComplaintOpened)
    assert isinstance(medium, e.ComplaintOpened)
    assert (high.data.severity, medium.data.severity) == ("high", "medium")
    assert high.data.comment == "Ruim\nDuas\nlinhas"
    assert high.time == moment("2026-02-11 08:00:00")
    assert high.data.complaint_id != medium.data.complaint_id


def test_what_cannot_be_read_is_counted(folder: Path) -> None:
    tally = Tally()
    list(olist_events(folder, tally=tally))
    assert tally == Tally(orders=4, unreadable=1, homeless_reviews=1)


def test_an_import_may_be_of_some_days_and_numbers_orders_all_the_same(folder: Path) -> None:
    events = list(olist_events(folder, date(2026, 2, 1), date(2026, 2, 1)))
    assert {event.data.customer_id for event in events} == {"u1"}
    assert placed(events, "o2").data.nth_order == 2
    assert "o1:placed" not in by_id(events)


def test_people_are_invented_at_example_com_and_stay_the_same(folder: Path) -> None:
    once, again = (placed(olist_events(folder), "o1").data.customer for _ in range(2))
    assert once == again
    assert once is not None
    assert once.email is not None
    assert once.email.endswith("@example.com")
    assert once.language == "pt"


def test_times_are_those_of_sao_paulo_and_the_first_of_two_readings() -> None:
    assert moment("2017-12-01 10:00:00") == datetime(2017, 12, 1, 12, tzinfo=UTC)
    # The clock went back at midnight: 23:30 came at -02:00, then again at -03:00.
    assert moment("2018-02-17 23:30:00") == datetime(2018, 2, 18, 1, 30, tzinfo=UTC)


def test_short_names_and_gzip_are_fine_too(folder: Path) -> None:
    long = folder / "olist_orders_dataset.csv"
    (folder / "orders.csv.gz").write_bytes(gzip.compress(long.read_bytes()))
    long.unlink()
    assert len(list(olist_events(folder))) == 10


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "olist_customers_dataset.csv").unlink()
    with pytest.raises(UsageError, match=r"olist_customers_dataset\.csv or customers\.csv"):
        list(olist_events(folder))


def test_another_data_set_is_told_by_its_missing_column(folder: Path) -> None:
    (folder / "olist_orders_dataset.csv").write_text("id,when\n1,2\n")
    with pytest.raises(UsageError, match="no column order_id"):
        list(olist_events(folder))


@pytest.fixture(scope="module")
def real() -> list[e.AnyEvent]:
    if not REAL.is_dir():
        pytest.skip("no ../shared/data/olist")
    return list(olist_events(REAL))


def test_every_real_event_is_understood_once_and_in_order(real: list[e.AnyEvent]) -> None:
    for event in real:
        value, key = encode(event), event.data.customer_id.encode()
        assert decode(value, topic=event.topic, key=key) == event
    assert [event.time for event in real] == sorted(event.time for event in real)
    assert len({event.id for event in real}) == len(real)


def test_the_real_slice_adds_up_as_pandas_counts_it(real: list[e.AnyEvent]) -> None:
    import pandas as pd

    orders = pd.read_csv(REAL / "orders.csv.gz")
    delivered = pd.to_datetime(orders["order_delivered_customer_date"])
    promised = pd.to_datetime(orders["order_estimated_delivery_date"])
    off = orders["order_status"].isin(["canceled", "unavailable"])
    late = delivered.dt.normalize() > promised
    missed = ~off & ~(delivered < promised + pd.Timedelta("48h"))
    counted = (len(orders), int(late.sum()), int(missed.sum()))
    assert counted == (9185, 536, 635)
    assert _late_and_missed(real) == counted
    assert Counter(event.type for event in real)["order.cancelled"] == int(off.sum())


def _late_and_missed(events: list[e.AnyEvent]) -> tuple[int, int, int]:
    orders = {x.data.order_id: x.data for x in events if isinstance(x, e.OrderPlaced)}
    came = {x.data.order_id: x.time for x in events if isinstance(x, e.OrderDelivered)}
    off = {x.data.order_id for x in events if isinstance(x, e.OrderCancelled)}
    late = missed = 0
    for order_id, order in orders.items():
        assert order.promised_on is not None
        delivered = came.get(order_id)
        late += delivered is not None and delivered.astimezone(ZONE).date() > order.promised_on
        # Wall-clock arithmetic, as pandas does it on times without a zone.
        limit = datetime.combine(order.promised_on, datetime.min.time()) + timedelta(hours=48)
        there = delivered and delivered.astimezone(ZONE).replace(tzinfo=None) < limit
        missed += order_id not in off and not there
    return len(orders), late, missed
