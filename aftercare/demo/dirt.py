"""What real streams bring along: facts that are wrong, messages that are none, repeats."""

import base64
import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from aftercare.demo.cast import Buyer
from aftercare.demo.orders import Order, late
from aftercare.demo.pages import Line, Script, Week

REPEATED = 0.02
"""The share of events that come twice."""


def dirty_orders(week: Week, buyers: Sequence[Buyer]) -> Iterator[Order]:
    """Ten late orders whose facts no mail should be made of."""
    people: tuple[Line, ...] = (
        {"email": "teste@teste.com"},
        {"email": "noreply@lumeeira.example"},
        {"email": "n/a"},
        {"first_name": "{first_name}"},
        {"first_name": "%FIRSTNAME%"},
        {"first_name": buyers[5].person["first_name"].upper()},
    )
    for buyer, wrong in zip(buyers, people, strict=False):
        order = late(week, buyer, 1, 1)
        order.person = buyer.person | wrong
        yield order
    unknown_currency = late(week, buyers[6], 1, 2)
    unknown_currency.total = {"amount": "149.00", "currency": "ZZZ"}
    negative = late(week, buyers[7], 2, 1)
    negative.total = {"amount": "-89.90", "currency": "BRL"}
    backwards = late(week, buyers[8], 1, 1)
    assert backwards.delivered
    backwards.shipped = backwards.delivered + timedelta(hours=9)
    unnamed = late(week, buyers[9], 1, 2)
    unnamed.items = [{"name": "", "quantity": 1}]
    yield from (unknown_currency, negative, backwards, unnamed)


def from_the_future(script: Script, week: Week, order: Order) -> None:
    """A delivery that a clock gone wrong dates two years ahead; it is heard on day 2."""
    data = {"customer_id": order.buyer.id, "order_id": order.id}
    event = _event("order.delivered", week.at(730, 12), data)
    script.hear(week.at(2, 11), raw(week.at(2, 11), json.dumps(event).encode(), order.buyer.id))


def garbage(script: Script, week: Week, buyer: Buyer) -> None:
    """A dozen messages that nobody can understand, each in its own way."""
    data = {"customer_id": buyer.id, "order_id": "LM-1"}
    time = week.at(1)
    good = json.dumps(_event("order.shipped", time, data)).encode()
    typo = json.dumps(_event("order.deliverd", time, data)).encode()
    unknown = json.dumps(_event("loyalty.points_earned", time, data)).encode()
    old = json.dumps(_event("order.shipped", time, data) | {"specversion": "0.3"}).encode()
    local = json.dumps(_event("order.shipped", time, data) | {"time": "05/01/2026 14:30"}).encode()
    number = data | {"total": {"amount": 149.9, "currency": "BRL"}}
    typed = json.dumps(_event("order.placed", time, number)).encode()
    nul = json.dumps(_event("order.shipped", time, data | {"carrier": "Rota\0Sul"})).encode()
    complaint = {"customer_id": buyer.id, "complaint_id": "R-1"}
    astray = json.dumps(_event("complaint.resolved", time, complaint)).encode()
    values = (b"\xff\xfe\x00\x01", good[: len(good) // 2], b"<order/>", b"", typo, unknown, old)
    for place, value in enumerate((*values, local, typed, nul, astray)):
        heard = week.at(place % 6)
        script.hear(heard, raw(heard, value, buyer.id))
    heard = week.at(3)
    script.hear(heard, raw(heard, good, "somebody-else"))


def repeat(script: Script, week: Week) -> None:
    """Say some events again, minutes later: at least once is what streams promise."""
    for time, line in script.heard():
        if week.random.random() < REPEATED:
            script.hear(time + timedelta(minutes=week.random.uniform(1, 90)), line)


def raw(time: datetime, value: bytes, key: str) -> Line:
    """A line that is sent as these very bytes."""
    text = base64.b64encode(value).decode()
    sent = {"topic": "orders", "key": key, "base64": text}
    return {"aftercare.raw": sent, "time": time.isoformat()}


def _event(what: str, time: datetime, data: Line) -> Line:
    return {
        "specversion": "1.0",
        "id": f"dirt:{what}:{time:%d%H%M%S}",
        "source": "/demo/gateway",
        "type": what,
        "time": time.isoformat(),
        "data": data,
    }
