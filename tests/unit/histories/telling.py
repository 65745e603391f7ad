"""Each happening as the events, troubles and commands that it is."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import msgspec

from aftercare.intake.deliveries import take_in_deliveries
from aftercare.intake.model import Incoming
from aftercare.steps import switch
from aftercare.store.engine import writing
from tests.unit.histories.happenings import Happening
from tests.unit.histories.life import CUSTOMERS, Life

Told = Callable[[Life, Happening], None]


def happen(life: Life, each: Happening) -> None:
    """Tell the house, now."""
    TOLD[each.what](life, each)


def _who(each: Happening) -> str:
    return CUSTOMERS[each.who]


def _order(each: Happening) -> str:
    return f"o{each.who}{each.number}"


def _person(life: Life, each: Happening) -> dict[str, Any]:
    home = life.homes[each.who]
    person = {"first_name": "Ana", "email": f"{_who(each)}@example.com", "language": "pt"}
    return person | {"country": home.country, "time_zone": home.time_zone}


def _placed(life: Life, each: Happening, days_late: int, warehouse: str = "") -> None:
    now = life.clock.now()
    life.tell(
        "order.placed",
        now - timedelta(days=12),
        _who(each),
        order_id=_order(each),
        promised_on=(now - timedelta(days=days_late)).date().isoformat(),
        total={"amount": "100.00", "currency": "BRL"},
        items=[{"name": "Luminária de mesa"}],
        warehouse=warehouse,
        nth_order=5,
        customer=_person(life, each),
    )


def _late(life: Life, each: Happening) -> None:
    _placed(life, each, int(each.choice))
    life.tell("order.delivered", None, _who(each), order_id=_order(each))


def _promised(life: Life, each: Happening) -> None:
    _placed(life, each, -int(each.choice))


def _damaged(life: Life, each: Happening) -> None:
    _placed(life, each, 0, each.choice)
    life.tell("order.damaged", None, _who(each), order_id=_order(each), item="Luminária")


def _refunded(life: Life, each: Happening) -> None:
    _placed(life, each, 0)
    refund = {"amount": "20.00", "currency": "BRL"}
    life.tell("order.refunded", None, _who(each), order_id=_order(each), refund=refund)


def _cancelled(life: Life, each: Happening) -> None:
    life.tell("order.cancelled", None, _who(each), order_id=_order(each))


def _complains(life: Life, each: Happening) -> None:
    life.tell(
        "complaint.opened",
        None,
        _who(each),
        complaint_id=f"k{each.who}{each.number}",
        severity=each.choice,
        comment="It is broken",
        topic="quality",
        customer=_person(life, each),
    )


def _complaint_resolved(life: Life, each: Happening) -> None:
    about = {"complaint_id": f"k{each.who}{each.number}", "resolution": "we sent another one"}
    life.tell("complaint.resolved", None, _who(each), **about)


def _ticket(kind: str) -> Told:
    def told(life: Life, each: Happening) -> None:
        about: dict[str, Any] = {"ticket_id": f"t{each.who}{each.number}"}
        if kind == "support.opened":
            about |= {"customer": _person(life, each), "topic": "the lamp"}
        life.tell(kind, None, _who(each), **about)

    return told


def _consent(allowed: bool) -> Told:
    def told(life: Life, each: Happening) -> None:
        person = {"consents": {each.choice: allowed}}
        life.tell("customer.updated", None, _who(each), customer=person)

    return told


def _erased(life: Life, each: Happening) -> None:
    life.tell("customer.erased", None, _who(each))


def _address(broken: bool) -> Told:
    def told(life: Life, each: Happening) -> None:
        (life.gate.bad.add if broken else life.gate.bad.discard)(_who(each))
        if not broken:
            person = {"email": f"{_who(each)}@example.org"}
            life.tell("customer.updated", None, _who(each), customer=person)

    return told


def _post(life: Life, each: Happening) -> None:
    life.post.troubles.append(each.choice)


def _provider_says(life: Life, each: Happening) -> None:
    """About its last mail but `number`; it drops only what it never accepted."""
    known = [a.mail.follow_up_id for a in life.post.accepted]
    if each.choice == "dropped":
        known = [f for f in life.post.lost if f not in known]
    if len(known) <= each.number:
        return
    raw = {
        "specversion": "1.0",
        "id": "d",
        "source": "/sg",
        "type": "delivery",
        "data": {
            "event": each.choice,
            "sg_event_id": f"sg{life.batch().batch_id}",
            "timestamp": int(life.clock.now().timestamp()),
            "follow_up_id": known[-1 - each.number],
        },
    }
    record = Incoming("deliveries", 0, 1, None, msgspec.json.encode(raw))
    with writing(life.engine) as connection:
        take_in_deliveries(connection, [record], life.clock.now())


def _settled(life: Life, _each: Happening) -> None:
    life.settle_unknown()


def _incident_stopped(life: Life, each: Happening) -> None:
    switch.stop(life.parts, "incident", each.choice, "the message is wrong")


def _incident_resumed(life: Life, each: Happening) -> None:
    switch.resume(life.parts, "incident", each.choice)


def _again(life: Life, _each: Happening) -> None:
    """Everything that was told is told again, as after a rewound consumer."""
    life.take(life.told)


TOLD: Mapping[str, Told] = {
    "late": _late,
    "promised": _promised,
    "damaged": _damaged,
    "refunded": _refunded,
    "cancelled": _cancelled,
    "complains": _complains,
    "complaint resolved": _complaint_resolved,
    "writes": _ticket("support.opened"),
    "ticket resolved": _ticket("support.resolved"),
    "ticket reopened": _ticket("support.reopened"),
    "refuses": _consent(False),
    "agrees": _consent(True),
    "erased": _erased,
    "address breaks": _address(True),
    "address mended": _address(False),
    "post": _post,
    "provider says": _provider_says,
    "settled": _settled,
    "worker dies": lambda life, each: life.die(each.choice),
    "incident stopped": _incident_stopped,
    "incident resumed": _incident_resumed,
    "told again": _again,
}
