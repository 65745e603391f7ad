"""A whole house for tests: a real store, real rules, templates and policy; a clock that is set by
hand, a gate that lets pass, a sender that remembers."""

import itertools
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Engine, select

from aftercare.clock import ManualClock
from aftercare.errors import SendError
from aftercare.events.types import TYPES
from aftercare.gate.model import Failure, Row, Verdict
from aftercare.intake import Incoming, Report, take_in
from aftercare.message import Mail
from aftercare.settings import Settings
from aftercare.steps.model import Batch, Counts
from aftercare.steps.parts import Parts, build
from aftercare.steps.table import FLOWS, run_batch
from aftercare.store.engine import open_store, reading, writing
from aftercare.store.tables import triggers
from aftercare.store.upgrade import upgrade

START = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
"""A Monday noon in São Paulo."""


@dataclass
class FakeSender:
    """Accepts by follow-up id and counts; `fail` holds errors to raise first."""

    name: str = "fake"
    accepted: Counter[str] = field(default_factory=Counter)
    mails: list[Mail] = field(default_factory=list)
    fail: list[SendError] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, mail: Mail) -> str:
        with self.lock:
            if self.fail:
                raise self.fail.pop(0)
            self.accepted[mail.follow_up_id] += 1
            self.mails.append(mail)
        return f"id-{mail.follow_up_id}"

    def close(self) -> None:
        return None


@dataclass
class FakeGate:
    """Lets every row pass but those of `bad` customers; `stop` stops the batch."""

    bad: set[str] = field(default_factory=set)
    stop: str | None = None

    def check(self, kind: str, rows: Sequence[Row]) -> Verdict:
        failures = {
            r.trigger_id: [Failure("address-valid", "the address is missing")]
            for r in rows
            if r.views["customer"]["customer_id"] in self.bad
        }
        return Verdict(failures, self.stop)


class House:
    """Parts over a store, with the words that tests speak in."""

    def __init__(self, store_url: str, **settings: Any) -> None:
        self.clock, self.sender, self.gate = ManualClock(START), FakeSender(), FakeGate()
        self.parts: Parts = build(Settings(store=store_url, **settings), self.clock)
        self.parts.make_gate = lambda: self.gate
        self.parts.make_sender = lambda: self.sender
        self.machine = 1000.0
        self.parts.machine = lambda: self.machine
        self.engine: Engine = open_store(self.parts.settings.store_url)
        upgrade(self.engine)
        self._ids = itertools.count(1)

    def tell(self, kind: str, at: datetime | None = None, who: str = "c1", **data: Any) -> Report:
        """Take in one event, happening at `at` (the clock's moment by default)."""
        return self.take([self.event(kind, at, who, **data)])

    def event(self, kind: str, at: datetime | None, who: str, **data: Any) -> Incoming:
        number = next(self._ids)
        raw = {
            "specversion": "1.0",
            "type": kind,
            "id": data.pop("event_id", f"e{number}"),
            "source": "/test",
            "time": (at or self.clock.now()).isoformat(),
            "data": {"customer_id": who, **data},
        }
        topic = TYPES[kind].topic if kind in TYPES else None
        return Incoming(topic or "orders", 0, number, who.encode(), msgspec.json.encode(raw))

    def take(self, records: Sequence[Incoming]) -> Report:
        with writing(self.engine) as connection:
            return take_in(
                connection,
                records,
                rulebook=self.parts.rulebook,
                zone=self.parts.zone,
                now=self.clock.now(),
            )

    def late_order(self, order: str = "o1", customer: str = "c1", days: int = 2) -> None:
        """An order that was promised `days` before it was delivered, at this moment."""
        now = self.clock.now()
        person = {
            "first_name": "Ana",
            "email": f"{customer}@example.com",
            "language": "pt",
            "country": "BR",
        }
        self.tell(
            "order.placed",
            now - timedelta(days=8),
            customer,
            order_id=order,
            promised_on=(now - timedelta(days=days)).date().isoformat(),
            total={"amount": "100.00", "currency": "BRL"},
            items=[{"name": "Luminária de mesa"}],
            customer=person,
        )
        self.tell("order.delivered", now, customer, order_id=order)

    def later(self, **time: float) -> None:
        self.clock.move_to(self.clock.now() + timedelta(**time))

    def run(self, kind: str | None = None) -> Counts:
        """Run every flow (or one kind) once."""
        counts: Counts = Counts()
        for flow in FLOWS:
            if kind in (None, flow.kind.value):
                batch = Batch(f"b{next(self._ids)}", flow.kind.value)
                counts += run_batch(self.parts, batch)
        return counts

    def batch(self, kind: str = "apology") -> Batch:
        return Batch(f"b{next(self._ids)}", kind)

    def standing(self) -> dict[tuple[str, str], str]:
        """Status by (rule, subject)."""
        query = select(triggers.c.rule, triggers.c.subject_id, triggers.c.status)
        with reading(self.engine) as connection:
            return {(r, s): status for r, s, status in connection.execute(query)}

    def reasons(self) -> dict[tuple[str, str], str]:
        """Reason by (rule, subject)."""
        query = select(triggers.c.rule, triggers.c.subject_id, triggers.c.reason)
        with reading(self.engine) as connection:
            return {(r, s): reason for r, s, reason in connection.execute(query)}

    def trigger_ids(self) -> list[str]:
        with reading(self.engine) as connection:
            return list(connection.execute(select(triggers.c.trigger_id)).scalars())
