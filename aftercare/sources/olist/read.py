"""The whole data set as events in order of time, holding only what is still to come."""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from aftercare.events import types as e
from aftercare.sources.olist.goods import items, money, product_names, totals
from aftercare.sources.olist.moments import ZONE
from aftercare.sources.olist.orders import COLUMNS, order_events
from aftercare.sources.olist.people import customers, person
from aftercare.sources.olist.reviews import bad_reviews, complaint
from aftercare.sources.olist.tables import Row, rows

History = list[e.AnyEvent]
"""The events of one order and its complaints, earliest first."""


@dataclass
class Tally:
    """What was read, and what could not be."""

    orders: int = 0
    unreadable: int = 0
    homeless_reviews: int = 0


def olist_events(
    folder: Path,
    first: date | None = None,
    last: date | None = None,
    *,
    tally: Tally | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[e.AnyEvent]:
    """Events of the orders bought from `first` to `last` (days in São Paulo, both included), each
    with everything that followed, sorted by time. `say` hears each step.

    Raises UsageError when a file is missing or is no CSV of Olist's. Rows whose times cannot be
    read, and reviews of orders that are not there, are left out and counted in `tally`.
    """
    tally = tally if tally is not None else Tally()
    say("reading customers, products, items, payments and reviews")
    chosen = [each for each in histories(folder, tally, say) if _within(each, first, last)]
    say(f"{len(chosen):,} of {tally.orders:,} orders")
    yield from in_time(chosen)


def in_time(many: Iterable[History]) -> Iterator[e.AnyEvent]:
    """Many histories as one, sorted by time."""
    return heapq.merge(*many, key=moment_of)


def moment_of(event: e.AnyEvent) -> tuple[datetime, str]:
    """What events are sorted by; the id settles ties, the same way at every import."""
    return event.time, event.id


def histories(
    folder: Path, tally: Tally, say: Callable[[str], None] = lambda _: None
) -> Iterator[History]:
    """Every order's history, in the order of purchase; see `olist_events`."""
    people = customers(folder)
    goods, costs = items(folder, product_names(folder)), totals(folder)
    reviews = bad_reviews(folder)
    say("reading orders")
    counted: Counter[str] = Counter()
    for row in _by_purchase(folder):
        tally.orders += 1
        customer_id = people.get(row["customer_id"], row["customer_id"])
        counted[customer_id] += 1
        order = row["order_id"]
        who = person(customer_id)
        try:
            history: History = list(
                order_events(
                    row,
                    customer_id,
                    nth=counted[customer_id],
                    items=goods.pop(order, []),
                    total=money(costs.pop(order, None)),
                    who=who,
                )
            )
            complaints = (complaint(r, customer_id, who) for r in reviews.pop(order, []))
            history += [opened for opened in complaints if opened]
        except ValueError:
            tally.unreadable += 1
            continue
        yield sorted(history, key=moment_of)
    tally.homeless_reviews = sum(map(len, reviews.values()))


def _by_purchase(folder: Path) -> list[Row]:
    # A customer's first order is the one bought first, wherever it stands in the file.
    table = rows(folder, "orders", *COLUMNS)
    return sorted(table, key=lambda row: (row["order_purchase_timestamp"], row["order_id"]))


def _within(history: History, first: date | None, last: date | None) -> bool:
    bought = next((event for event in history if isinstance(event, e.OrderPlaced)), None)
    if bought is None:
        return bool(history) and first is None and last is None
    day = bought.time.astimezone(ZONE).date()
    return (first is None or day >= first) and (last is None or day <= last)
