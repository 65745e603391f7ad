"""Who is quicker: a worker that stood still, the provider's event, silence. Never two mails, never none."""

import itertools
from collections.abc import Callable

import msgspec
import pytest
from sqlalchemy import select

from aftercare.decision.model import Trigger
from aftercare.errors import (
    PermanentSendError,
    SendError,
    TemporarySendError,
    UnknownSendError,
)
from aftercare.intake import Incoming, Report, take_in_deliveries
from aftercare.lifecycle import Status
from aftercare.message import Mail
from aftercare.steps.model import Batch
from aftercare.steps.moves import of_batch
from aftercare.steps.send import send, send_one
from aftercare.steps.table import STEPS, run_batch
from aftercare.steps.unknown import settle_unknown
from aftercare.store import dead_letters, offsets
from aftercare.store.engine import reading, writing
from aftercare.store.tables import extras
from aftercare.templating.library import Library
from aftercare.upkeep.reconcile import reconcile
from aftercare.upkeep.tidy import tidy_up
from tests.fakes.house import House

LATE = ("late-delivery", "o1")
_numbers = itertools.count(1)


def tell(house: House, event: str, follow_up: str, **changed: object) -> Report:
    """The provider tells something of a message, as a consumer hears it."""
    number = next(_numbers)
    data: dict[str, object] = {"event": event, "sg_event_id": f"sg{number}"}
    data |= {"timestamp": int(house.clock.now().timestamp()), "follow_up_id": follow_up}
    raw = {"specversion": "1.0", "id": f"d{number}", "source": "/sg", "type": "x"}
    value = msgspec.json.encode(raw | {"data": data | changed})
    with writing(house.engine) as connection:
        record = Incoming("deliveries", 0, number, b"k", value)
        report = take_in_deliveries(connection, [record], house.clock.now())
        dead_letters.write(connection, report.dead, house.clock.now())
    return report


def listen(house: House) -> None:
    """Another message's event came, and the topic was read up to this moment."""
    tell(house, "delivered", "of-somebody-else")
    with writing(house.engine) as connection:
        offsets.begin(connection, ("deliveries", 0), 0)
        offsets.believe(connection, ("deliveries", 0), house.clock.now())


def due(house: House, *orders: str) -> None:
    for number, order in enumerate(orders or ("o1",), 1):
        house.late_order(order, f"c{number}")
    house.later(hours=3)


def prepared(house: House, *steps: str) -> tuple[Batch, list[Trigger]]:
    """A worker's batch after some steps, and the triggers that it holds."""
    batch = house.batch()
    for step in steps:
        STEPS[step](house.parts, batch)
    with reading(house.engine) as connection:
        return batch, of_batch(connection, batch.batch_id, Status.CLAIMED)


def stand_still(house: House) -> None:
    """Longer than a lease."""
    house.machine += 1000
    house.later(minutes=20)


def during_the_request(house: House, happens: Callable[[Mail], None]) -> None:
    """Something happens once, while a message is on its way to the provider."""
    send_really, left = house.sender.send, [happens]

    def sending(mail: Mail) -> str:
        while left:
            left.pop()(mail)
        return send_really(mail)

    house.sender.send = sending  # type: ignore[method-assign]


def lose(house: House, error: SendError) -> list[str]:
    """The next message reaches the provider, and its answer is this error; its id comes here."""
    lost: list[str] = []

    def accept_and_fail(mail: Mail) -> None:
        lost.append(mail.follow_up_id)
        house.sender.accepted[mail.follow_up_id] += 1
        house.sender.mails.append(mail)
        raise error

    during_the_request(house, accept_and_fail)
    return lost


def days(house: House, number: int) -> None:
    for _ in range(number * 24):
        house.later(hours=1)
        house.machine += 3600
        house.run()


def adds_up(house: House) -> bool:
    return reconcile(house.parts).wrong == []


@pytest.mark.parametrize("answer", [None, UnknownSendError("connection lost")])
def test_a_worker_that_wakes_while_composing_does_not_undo_what_another_sent(
    house: House, monkeypatch: pytest.MonkeyPatch, answer: SendError | None
) -> None:
    due(house)
    batch, _ = prepared(house, "claim", "check", "decide")
    render, slept = Library.render, [False]

    def slowly(*given: object) -> object:
        if not slept[0]:
            slept[0] = True
            stand_still(house)
            if answer is not None:
                lose(house, answer)
            run_batch(house.parts, house.batch())
        return render(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(Library, "render", slowly)
    assert STEPS["compose"](house.parts, batch) == {"lost": 1}
    assert send(house.parts, batch) == {}
    assert house.standing()[LATE] == ("sent" if answer is None else "unknown")
    assert adds_up(house)
    tell(house, "delivered", house.sender.mails[0].follow_up_id)
    days(house, 1)
    assert house.standing()[LATE] == "sent"
    assert len(house.sender.mails) == 1
    assert adds_up(house)


@pytest.mark.parametrize("step", ["decide", "send"])
def test_a_worker_that_lost_its_claim_reserves_nothing(house: House, step: str) -> None:
    due(house)
    before = ("claim", "check") if step == "decide" else ("claim", "check", "decide", "compose")
    batch, held = prepared(house, *before)
    stand_still(house)
    house.sender.fail = [PermanentSendError("no such mailbox")]
    run_batch(house.parts, house.batch())
    if step == "decide":
        assert STEPS["decide"](house.parts, batch) == {}
    else:
        assert send_one(house.parts, held[0]) == "lost"
    with reading(house.engine) as connection:
        assert connection.execute(select(extras)).all() == []
    assert adds_up(house)


def test_a_worker_that_stood_still_after_the_last_question_does_not_send(house: House) -> None:
    due(house)
    _, (trigger,) = prepared(house, "claim", "check", "decide", "compose")
    machine, asked = house.parts.machine, itertools.count()

    def clock() -> float:
        # The last look at the clock before the request is the third.
        if next(asked) == 2:
            stand_still(house)
        return machine()

    house.parts.machine = clock
    assert send_one(house.parts, trigger) == "waiting"
    assert house.sender.mails == []
    house.parts.machine = machine
    house.later(hours=1)
    house.run()
    assert len(house.sender.mails) == 1
    assert adds_up(house)


@pytest.mark.parametrize(
    "error", [UnknownSendError("timed out"), TemporarySendError("503"), PermanentSendError("no")]
)
def test_an_event_that_is_quicker_than_the_answer_settles_whatever_the_answer_is(
    house: House, error: SendError
) -> None:
    due(house)

    def accept(mail: Mail) -> None:
        tell(house, "processed", mail.follow_up_id)
        raise error

    during_the_request(house, accept)
    house.run()
    assert house.standing()[LATE] == "sent"
    assert adds_up(house)
    days(house, 1)
    assert house.sender.mails == []
    assert house.standing()[LATE] == "sent"


def test_a_message_that_the_provider_dropped_before_it_answered_has_failed(house: House) -> None:
    due(house)

    def drop(mail: Mail) -> None:
        tell(house, "dropped", mail.follow_up_id)
        raise UnknownSendError("timed out")

    during_the_request(house, drop)
    house.run()
    assert house.standing()[LATE] == "failed"
    house.later(hours=7)
    listen(house)
    assert settle_unknown(house.parts) == {}
    assert adds_up(house)


@pytest.mark.parametrize("event", ["processed", "delivered", "unsubscribe"])
@pytest.mark.parametrize("held", [True, False])
def test_an_event_that_comes_after_silence_was_believed_keeps_it_from_being_sent_again(
    house: House, event: str, *, held: bool
) -> None:
    due(house)
    (lost,) = (lose(house, UnknownSendError("timed out")), house.run())[:1]
    house.later(hours=8)
    listen(house)
    assert settle_unknown(house.parts)["waiting"] == 1
    if held:  # it is night by then
        house.run()
        assert house.standing()[LATE] == "held"
    tell(house, event, lost[0])
    assert house.standing()[LATE] == "sent"
    days(house, 2)
    assert len(house.sender.mails) == 1
    assert adds_up(house)


def test_silence_is_not_believed_while_an_event_lies_in_the_dead_letters(house: House) -> None:
    due(house)
    lost = lose(house, UnknownSendError("timed out"))
    house.run()
    assert tell(house, "processed", lost[0], timestamp="oops").dead
    house.later(hours=7)
    listen(house)
    assert settle_unknown(house.parts) == {"needs a person": 1}
    with writing(house.engine) as connection:
        (dead,) = dead_letters.find(connection)
        dead_letters.settle(connection, [dead["dead_letter_id"]], dead_letters.DROPPED)
    assert settle_unknown(house.parts) == {"waiting": 1}


def test_a_worker_that_is_taken_over_while_the_request_is_pending_leaves_it_unknown(
    house: House,
) -> None:
    due(house)

    def take_over(_: Mail) -> None:
        stand_still(house)
        tidy_up(house.parts)
        assert house.standing()[LATE] == "unknown"
        run_batch(house.parts, house.batch())

    during_the_request(house, take_over)
    house.run()
    assert house.standing()[LATE] == "sent"
    assert len(house.sender.mails) == 1
    assert adds_up(house)


def test_care_that_another_message_gave_meanwhile_is_not_given_to_a_late_event(
    house: House,
) -> None:
    policy = house.parts.policy
    house.parts.policy = msgspec.structs.replace(policy, quiet_hours=None)
    due(house)
    lost = lose(house, UnknownSendError("timed out"))
    house.run()
    house.later(hours=7)
    listen(house)
    settle_unknown(house.parts)
    days(house, 1)
    assert len(house.sender.mails) == 2  # six silent hours: it is what the policy of silence costs
    tell(house, "delivered", lost[0])
    assert house.standing()[LATE] == "sent"
    assert adds_up(house)
