"""What became of the orders: most come in time, some late, some not at all."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from aftercare.demo.cast import Buyer
from aftercare.demo.goods import basket
from aftercare.demo.pages import Script, Week

CARRIERS = ("Rota Sul", "Expresso Ipê", "Beija-Flor Entregas")


@dataclass
class Order:
    """One order as it will have happened; what is None does not happen within the week."""

    buyer: Buyer
    placed: datetime
    promised: date
    shipped: datetime | None = None
    delivered: datetime | None = None
    damaged: datetime | None = None
    cancelled: datetime | None = None
    refunded: datetime | None = None
    carrier: str = CARRIERS[1]
    id: str = ""
    items: list[dict[str, Any]] = field(default_factory=list)
    total: dict[str, str] = field(default_factory=dict)
    person: dict[str, Any] | None = None
    nth: int = 1


def in_time(week: Week, buyer: Buyer, promised: int, early: int = 1) -> Order:
    """Delivered `early` days before its promise."""
    return _order(week, buyer, promised, week.at(promised - early))


def late(week: Week, buyer: Buyer, promised: int, days: int, hour: float | None = None) -> Order:
    """Delivered some days after its promise."""
    return _order(week, buyer, promised, week.at(promised + days, hour))


def missing(week: Week, buyer: Buyer, promised: int) -> Order:
    """Shipped, and not seen since."""
    return _order(week, buyer, promised, None)


def damaged(week: Week, buyer: Buyer, promised: int, refund: bool) -> Order:
    """Came in time and broken, as the customer tells some hours later."""
    order = in_time(week, buyer, promised)
    assert order.delivered
    order.damaged = order.delivered + timedelta(hours=week.random.uniform(1, 6))
    if refund:
        order.refunded = order.damaged + timedelta(hours=week.random.uniform(20, 30))
    return order


def cancelled(week: Week, buyer: Buyer, promised: int, refund: bool) -> Order:
    """Called off before it was shipped."""
    order = missing(week, buyer, promised)
    order.shipped = None
    order.cancelled = week.at(promised - 2)
    if refund:
        order.refunded = order.cancelled + timedelta(hours=26)
    return order


def number(orders: Iterable[Order], random: Random) -> list[Order]:
    """Give ids, baskets and each customer's count, in the order in which they were placed."""
    counted: Counter[str] = Counter()
    numbered = sorted(orders, key=lambda order: order.placed)
    for place, order in enumerate(numbered):
        counted[order.buyer.id] += 1
        order.id = f"LM-{20417 + place}"
        order.nth = order.buyer.earlier_orders + counted[order.buyer.id]
        items, total = basket(random, order.buyer.language)
        order.items, order.total = order.items or items, order.total or total
    return numbered


def tell(script: Script, order: Order) -> None:
    """Write everything that happens to an order."""
    own = {"customer_id": order.buyer.id, "order_id": order.id}
    placed = own | {
        "promised_on": order.promised.isoformat(),
        "total": order.total,
        "items": order.items,
        "nth_order": order.nth,
        "warehouse": "Guarulhos",
        "customer": order.person or order.buyer.person,
    }
    script.say("order.placed", order.placed, order.id, placed)
    tracking = {"carrier": order.carrier, "tracking": f"BR{order.id[3:]}7"}
    later: list[tuple[str, datetime | None, dict[str, Any]]] = [
        ("order.shipped", order.shipped, tracking),
        ("order.delivered", order.delivered, {}),
        ("order.damaged", order.damaged, {"item": order.items[0]["name"]}),
        ("order.cancelled", order.cancelled, {"reason": "changed their mind"}),
        ("order.refunded", order.refunded, {"refund": order.total}),
    ]
    for what, time, data in later:
        if time is not None:
            script.say(what, time, order.id, own | data)


def _order(week: Week, buyer: Buyer, promised: int, delivered: datetime | None) -> Order:
    placed = week.at(max(promised - week.random.randint(6, 8), -12), week.random.uniform(7, 23))
    shipped = placed + timedelta(hours=week.random.uniform(18, 40))
    carrier = week.random.choice(CARRIERS)
    return Order(buyer, placed, week.day(promised), shipped, delivered, carrier=carrier)
