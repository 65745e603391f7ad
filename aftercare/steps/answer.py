"""What the provider answered, written down; and what follows for those that were bundled."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from aftercare.decision.model import Trigger
from aftercare.errors import PermanentSendError, SendError, TemporarySendError
from aftercare.extras import wallet
from aftercare.lifecycle import Status
from aftercare.steps.ask import lock_customer
from aftercare.steps.cares import give_care_back
from aftercare.steps.moves import move, to_trigger
from aftercare.steps.parts import Parts
from aftercare.store.engine import writing
from aftercare.store.tables import follow_ups, triggers

_FIRST_PAUSE = 30.0
_LONGEST_PAUSE = 3600.0


def answered(parts: Parts, trigger: Trigger, follow_up_id: str, result: str | SendError) -> str:
    """Record an acceptance (a provider's message id) or an error; returns the outcome's name."""
    with writing(parts.engine) as connection:
        # Nobody may be bundled to this message while it is being given up.
        lock_customer(connection, trigger.customer_id)
        standing = _standing(connection, trigger.trigger_id)
        if standing.follow_up_id != follow_up_id:
            return "lost"
        if standing.status not in (Status.SENDING, Status.UNKNOWN):
            return standing.status  # the provider's event was quicker than its answer
        match result:
            case str():
                return accepted(connection, parts, standing, result, step="record")
            case TemporarySendError():
                return refused_for_a_while(connection, parts, standing, result)
            case PermanentSendError():
                return refused(connection, parts, standing, str(result), step="record")
            case _:
                return unknown(connection, parts, standing, str(result))


def _standing(connection: Connection, trigger_id: str) -> Trigger:
    query = select(triggers).where(triggers.c.trigger_id == trigger_id)
    return to_trigger(connection.execute(query).mappings().one())


def accepted(
    connection: Connection, parts: Parts, trigger: Trigger, message_id: str, *, step: str
) -> str:
    """The provider has it: sent, for good. Also from unknown, when its event tells."""
    now = parts.clock.now()
    words, detail = "the provider accepted it", {"provider_message_id": message_id}
    if not move(connection, trigger, Status.SENT, at=now, step=step, words=words, detail=detail):
        return "lost"
    values = {"status": "sent", "accepted_at": now, "provider_message_id": message_id}
    _write(connection, trigger, values)
    wallet.spend(connection, trigger.trigger_id)
    return Status.SENT.value


def refused_for_a_while(
    connection: Connection, parts: Parts, trigger: Trigger, error: TemporarySendError
) -> str:
    """Not accepted: tried again after a pause that doubles, or as long as the provider asks."""
    now = parts.clock.now()
    pause = error.retry_after or min(_FIRST_PAUSE * 2**trigger.attempts, _LONGEST_PAUSE)
    # The pause is machine time; the care clock may run faster.
    due = now + timedelta(seconds=pause * parts.clock.scale)
    values = {"due_at": due, "attempts": trigger.attempts + 1, "follow_up_id": None}
    return _back(connection, parts, trigger, f"not accepted for the moment: {error}", values)


def _back(
    connection: Connection, parts: Parts, trigger: Trigger, words: str, values: dict[str, Any]
) -> str:
    now = parts.clock.now()
    if not move(
        connection, trigger, Status.WAITING, at=now, step="record", words=words, values=values
    ):
        return "lost"
    _write(connection, trigger, {"status": "failed"})
    let_next_speak(connection, parts, trigger)
    return Status.WAITING.value


def refused(
    connection: Connection, parts: Parts, trigger: Trigger, words: str, *, step: str
) -> str:
    """Refused for good: failed; the extra goes back and the next of the same care may speak."""
    if not move(connection, trigger, Status.FAILED, at=parts.clock.now(), step=step, words=words):
        return "lost"
    _write(connection, trigger, {"status": "failed"})
    wallet.release(connection, trigger.trigger_id)
    let_next_speak(connection, parts, trigger)
    return Status.FAILED.value


def unknown(connection: Connection, parts: Parts, trigger: Trigger, words: str) -> str:
    """Nobody knows: it keeps its care, so that nobody else says it either."""
    now = parts.clock.now()
    if not move(connection, trigger, Status.UNKNOWN, at=now, step="record", words=words):
        return "lost"
    _write(connection, trigger, {"status": "unknown"})
    return Status.UNKNOWN.value


def send_again(connection: Connection, parts: Parts, trigger: Trigger, words: str) -> str:
    """From unknown: it surely was not accepted, so it is decided about again."""
    now = parts.clock.now()
    values = {"due_at": now, "attempts": trigger.attempts + 1, "follow_up_id": None}
    return _back(connection, parts, trigger, words, values)


def let_next_speak(connection: Connection, parts: Parts, trigger: Trigger) -> None:
    """Give the care back and wake those that were bundled to this message."""
    give_care_back(connection, trigger.follow_up_id or "", parts.clock.now())


def _write(connection: Connection, trigger: Trigger, values: dict[str, Any]) -> None:
    where = follow_ups.c.follow_up_id == trigger.follow_up_id
    connection.execute(update(follow_ups).where(where).values(values))
