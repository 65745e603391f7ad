"""An eventful week of a small shop, the same for the same seed.

    python -m aftercare.demo.scenario --out week.jsonl [--seed 7] [--start 2026-01-05]

Some three hundred orders of ninety customers; twelve days of history come first.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Annotated

import msgspec
import typer

from aftercare.demo import orders as o
from aftercare.demo.cases import Cases
from aftercare.demo.cast import Buyer, cast
from aftercare.demo.dirt import dirty_orders, from_the_future, garbage, repeat
from aftercare.demo.olist_week import week_of_olist
from aftercare.demo.pages import ZONE, Line, Script, Week
from aftercare.sources.files import write_lines

__all__ = ["START", "scenario", "week_of_olist"]

START = datetime(2026, 1, 5, tzinfo=ZONE)
"""A Monday."""

ORDERS = 300

INCIDENT_CARRIER = "Rota Sul"
"""Its lorry breaks down: what it should bring on day 1 comes on day 3."""


def scenario(seed: int, start: datetime = START) -> Iterator[Line]:
    """The lines of the week that begins at `start` (aware; its day in the shop's zone), in the
    order in which they are heard: CloudEvents, and `aftercare.raw` lines for what is none."""
    week, script = Week(start, Random(seed)), Script()
    buyers = _Buyers(cast(week.random))
    troubles = list(_troubles(week, buyers))
    future = o.missing(week, buyers.one(), 2)
    leaving = o.late(week, buyers.one(), 2, 1, hour=10)
    loyal = list(_loyal(week, buyers))
    special = [future, leaving, *loyal, *_returning(week, buyers)]
    special += dirty_orders(week, buyers.take(10))
    ordinary = _ordinary(week, buyers.but(special), ORDERS - len(troubles) - len(special))
    for order in o.number([*troubles, *special, *ordinary], week.random):
        o.tell(script, order)
    _cases(Cases(week, script), buyers)
    _goodbye(script, week, leaving.buyer, wary=loyal[0].buyer)
    from_the_future(script, week, future)
    repeat(script, week)
    garbage(script, week, buyers.one())
    yield from script.lines()


class _Buyers:
    """Deals out customers, so that troubles spread over many of them."""

    def __init__(self, everybody: Sequence[Buyer]) -> None:
        self.everybody = everybody
        self._next = 0

    def one(self) -> Buyer:
        self._next += 1
        return self.everybody[(self._next - 1) % len(self.everybody)]

    def take(self, number: int) -> list[Buyer]:
        return [self.one() for _ in range(number)]

    def but(self, special: Iterable[o.Order]) -> list[Buyer]:
        """Everybody but those whose story bears no other order."""
        taken = {order.buyer.id for order in special}
        return [buyer for buyer in self.everybody if buyer.id not in taken]


def _troubles(week: Week, buyers: _Buyers) -> Iterator[o.Order]:
    plan: tuple[tuple[int, Callable[[Buyer, int], o.Order]], ...] = (
        (16, lambda b, n: o.late(week, b, n % 4, 1 + n % 3)),
        (10, lambda b, n: o.missing(week, b, n % 5)),
        # Just after the promise counts as missed, while its apology waits for the morning.
        (3, lambda b, n: o.late(week, b, n, 2, hour=6.5)),
        (4, lambda b, n: o.late(week, b, n % 3, 3)),
        (7, lambda b, n: o.damaged(week, b, n % 5, refund=n % 3 == 0)),
        (9, lambda b, n: o.cancelled(week, b, 2 + n % 4, refund=n % 2 == 0)),
    )
    for number, make in plan:
        yield from (make(buyers.one(), n) for n in range(number))
    for buyer in buyers.take(12):
        order = o.late(week, buyer, 1, 2)
        order.carrier = INCIDENT_CARRIER
        yield order


def _returning(week: Week, buyers: _Buyers) -> Iterator[o.Order]:
    """Two whose orders are late twice, and one of whom it is the third time."""
    for times in (2, 2, 3):
        buyer = buyers.one()
        yield from (o.late(week, buyer, 2 * n - 1, 1, hour=9) for n in range(times))


def _loyal(week: Week, buyers: _Buyers) -> Iterator[o.Order]:
    """The fifth or tenth order, and everything went well."""
    for place, earlier in enumerate((4, 4, 9, 4, 9, 4, 9)):
        buyer = buyers.one()
        yield o.in_time(week, Buyer(buyer.id, buyer.person, earlier), 1 + place % 4)


def _ordinary(week: Week, buyers: Sequence[Buyer], number: int) -> Iterator[o.Order]:
    for _ in range(number):
        buyer, promised = week.random.choice(buyers), week.random.randint(-5, 6)
        yield o.in_time(week, buyer, promised, early=week.random.randint(0, 3))


def _cases(cases: Cases, buyers: _Buyers) -> None:
    cases.complaint(buyers.one(), 2, critical=True)
    for n, buyer in enumerate(buyers.take(4)):
        cases.complaint(buyer, -8 - n, n % 3)
    for n, buyer in enumerate(buyers.take(5)):
        cases.complaint(buyer, -1 + n % 3, 1 + n % 3)
    for n, buyer in enumerate(buyers.take(5)):
        cases.complaint(buyer, n)
    for n, buyer in enumerate(buyers.take(8)):
        cases.ticket(buyer, n % 3 - 1, n % 3, score=2 if n == 3 else None)
    cases.ticket(buyers.one(), 0, 1, reopened=2)
    for n, buyer in enumerate(buyers.take(3)):
        cases.ticket(buyer, 2 + n)


def _goodbye(script: Script, week: Week, leaving: Buyer, wary: Buyer) -> None:
    """One leaves an hour after a late parcel came; one, for whom an extra is due, wants none."""
    script.say("customer.erased", week.at(3, 11), leaving.id, {"customer_id": leaving.id})
    refusal = {"consents": {"small_extra": False}}
    data = {"customer_id": wary.id, "customer": refusal}
    script.say("customer.updated", week.at(2, 9), wary.id, data)


def _main(
    out: Annotated[Path, typer.Option(help="the file to write, .jsonl or .jsonl.gz")],
    seed: Annotated[int, typer.Option(help="another seed, another week")] = 7,
    start: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="first day")] = START,
) -> None:
    """Write the lines of an eventful week."""
    first = start if start.tzinfo else start.replace(tzinfo=ZONE)
    lines = (msgspec.json.encode(line) for line in scenario(seed, first))
    typer.echo(f"{write_lines(out, lines):,} lines in {out}", err=True)


if __name__ == "__main__":
    typer.run(_main)
