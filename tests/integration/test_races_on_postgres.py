"""Every race once more, on PostgreSQL; and those that need two connections at once."""

import dataclasses
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import select

import aftercare.steps.answer
import aftercare.steps.settle
import aftercare.store.trace
import consumers.batch
from aftercare.errors import UnknownSendError
from aftercare.intake import Incoming, take_in_deliveries
from aftercare.message import Mail
from aftercare.rules.model import Rulebook
from aftercare.steps.unknown import settle_unknown
from aftercare.store.engine import reading, writing
from aftercare.store.offsets import begin
from aftercare.store.tables import customers, triggers
from aftercare.upkeep.reconcile import reconcile
from consumers.batch import Handler
from consumers.slices import Slice
from tests.fakes.house import House
from tests.unit.test_races import *  # noqa: F403 - the same promises, another store
from tests.unit.test_races import adds_up, days, due, listen, lose, tell

pytestmark = pytest.mark.postgres

LATE = ("late-delivery", "o1")
A_WHILE = 1.0
"""Machine seconds that somebody is waited for who may be waiting for us."""


@pytest.fixture
def house(postgres_url: str) -> House:
    return House(postgres_url)


class Beside:
    """Something that goes on in another thread, beside a step of ours; its error is ours."""

    def __init__(self, does: Callable[[], object]) -> None:
        self._does, self._errors = does, list[BaseException]()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            self._does()
        except BaseException as error:
            self._errors.append(error)

    def begin(self) -> None:
        """Start it once, and let it come as far as it can."""
        if not self._thread.ident:
            self._thread.start()
            self._thread.join(A_WHILE)

    def end(self) -> None:
        self._thread.join(30)
        assert not self._thread.is_alive()
        assert self._errors == []


def beside_calls_of(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, other: Beside, *, after: bool = False
) -> None:
    """Begin something when a function is first called, or right after it."""
    really = getattr(module, name)

    def wrapped(*given: Any, **named: Any) -> Any:
        if not after:
            other.begin()
        answer = really(*given, **named)
        other.begin()
        return answer

    monkeypatch.setattr(module, name, wrapped)


def test_silence_and_an_event_at_the_same_moment_do_not_both_win(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    due(house)
    lost = lose(house, UnknownSendError("timed out"))
    house.run()
    house.later(hours=7)
    listen(house)
    silence = Beside(lambda: settle_unknown(house.parts))
    beside_calls_of(monkeypatch, aftercare.store.trace, "write", silence)
    tell(house, "processed", lost[0])
    silence.end()
    monkeypatch.undo()
    days(house, 2)
    assert house.standing()[LATE] == "sent"
    assert len(house.sender.mails) == 1
    assert adds_up(house)


def test_a_drop_at_the_moment_of_bundling_leaves_nobody_unanswered(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = dict(house.parts.rulebook.rules)
    due(house)
    house.sender.fail = [UnknownSendError("timed out")]
    house.run()
    with writing(house.engine) as connection:
        row = dict(connection.execute(select(triggers)).mappings().one())
        given_up = str(row["follow_up_id"])
        row |= {"trigger_id": "second", "rule": "late-delivery-too", "status": "waiting"}
        row |= {"follow_up_id": None, "batch_id": None}
        connection.execute(triggers.insert().values(row))
    too = {
        "late-delivery-too": dataclasses.replace(rules["late-delivery"], name="late-delivery-too")
    }
    house.parts.rulebook = Rulebook(rules | too)
    drop = Beside(lambda: tell(house, "dropped", given_up))
    beside_calls_of(monkeypatch, aftercare.steps.settle, "move", drop)
    house.run()
    drop.end()
    monkeypatch.undo()
    days(house, 2)
    assert sorted(house.standing().values()) == ["failed", "sent"], house.reasons()
    assert len(house.sender.mails) == 1
    assert reconcile(house.parts).wrong == []


def test_an_event_while_its_answer_is_recorded_waits_and_blocks_nobody(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    due(house)
    sent: list[str] = []
    event = Beside(lambda: tell(house, "processed", sent[0]))
    really = house.sender.send

    def sending(mail: Mail) -> str:
        sent.append(mail.follow_up_id)
        return really(mail)

    house.sender.send = sending  # type: ignore[method-assign]
    beside_calls_of(monkeypatch, aftercare.steps.answer, "move", event, after=True)
    assert house.run("apology")["sent"] == 1
    event.end()
    assert adds_up(house)


def test_two_consumers_that_write_the_same_customers_do_not_wait_for_each_other_for_ever(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    due(house, "o1", "o2")
    house.run()
    told = {mail.to.email.split("@")[0]: mail.follow_up_id for mail in house.sender.mails}
    both = threading.Barrier(2)

    def at_once(*given: Any) -> Any:
        with suppress(threading.BrokenBarrierError):
            both.wait(A_WHILE)
        return take_in_deliveries(*given)

    monkeypatch.setattr(consumers.batch, "take_in_deliveries", at_once)
    with writing(house.engine) as connection:
        for topic in ("support", "deliveries"):
            for partition in (0, 1):
                begin(connection, (topic, partition), 0)

    def consume(partition: int, mine: str, other: str) -> None:
        parts = house.parts
        handler = Handler(parts.engine, parts.rulebook, parts.zone, parts.clock)
        ticket = house.event("support.opened", None, mine, ticket_id=f"t-{mine}", topic="a lamp")
        bounce = bounced(partition, told[other])
        handler.handle([one(ticket, "support", partition), one(bounce, "deliveries", partition)])

    first = Beside(lambda: consume(0, "c1", "c2"))
    first.begin()
    consume(1, "c2", "c1")
    first.end()
    with reading(house.engine) as connection:
        reasons = connection.execute(select(customers.c.suppressed_reason)).scalars().all()
    assert reasons == ["bounce", "bounce"]


def bounced(partition: int, follow_up: str) -> Incoming:
    value = (
        f'{{"specversion":"1.0","id":"b{partition}","source":"/sg","type":"x","data":{{"event":'
        f'"bounce","sg_event_id":"b{partition}","timestamp":1767640000,'
        f'"follow_up_id":"{follow_up}"}}}}'
    )
    return Incoming("deliveries", partition, 0, None, value.encode())


def one(record: Incoming, topic: str, partition: int) -> Slice:
    moved = Incoming(topic, partition, 0, record.key, record.value)
    return Slice((topic, partition), 0, 1, [moved])
