"""Settling unknown sends: by the sender's own word, by silence, or by hand.

The provider's events settle most of them (aftercare/intake/deliveries.py). What is left after
`unknown_after` is settled by silence, and silence counts only where we were listening: other
messages' events did arrive meanwhile, the topic was read past, and all of it could be understood.
Otherwise a person decides.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, func, select

from aftercare.decision.model import Trigger
from aftercare.errors import UsageError
from aftercare.events.types import DELIVERIES
from aftercare.lifecycle import Status
from aftercare.steps import answer
from aftercare.steps.ask import lock_customer
from aftercare.steps.model import Counts
from aftercare.steps.moves import to_trigger
from aftercare.steps.parts import Parts
from aftercare.store.dead_letters import OPEN
from aftercare.store.engine import reading, writing
from aftercare.store.offsets import read_past
from aftercare.store.tables import dead_letters, deliveries, follow_ups, triggers


def settle_unknown(parts: Parts) -> Counts:
    """Settle what can be settled at this moment; returns how many became what."""
    counts: Counts = Counts()
    with reading(parts.engine) as connection:
        query = select(triggers).where(triggers.c.status == Status.UNKNOWN.value)
        unknown = [to_trigger(row) for row in connection.execute(query).mappings()]
    for trigger in unknown:
        counts[_settle(parts, trigger)] += 1
    return counts


def _settle(parts: Parts, trigger: Trigger) -> str:
    told = _sender_says(parts, trigger)
    with writing(parts.engine) as connection:
        lock_customer(connection, trigger.customer_id)
        if told is True:
            words = trigger.follow_up_id or ""
            return answer.accepted(connection, parts, trigger, words, step="settle")
        if told is False:
            return answer.send_again(connection, parts, trigger, "the sender never got it")
        if _silent(connection, parts, trigger):
            words = "silence: no event about it, while others' events arrived"
            return answer.send_again(connection, parts, trigger, words)
    return "needs a person"


def _sender_says(parts: Parts, trigger: Trigger) -> bool | None:
    # Senders that keep what they accepted (the outbox) can tell; others cannot.
    ask = getattr(parts.sender, "was_accepted", None)
    return ask(trigger.follow_up_id) if ask is not None and trigger.follow_up_id else None


def _silent(connection: Connection, parts: Parts, trigger: Trigger) -> bool:
    attempted = _attempted(connection, trigger)
    if attempted is None:
        return False
    deadline = attempted["attempted_at"] + timedelta(seconds=parts.settings.unknown_after)
    heard = read_past(connection, "deliveries")
    if parts.clock.now() < deadline or heard is None or heard < deadline:
        return False
    since = attempted["attempted_at"]
    if _misunderstood(connection, since) or _told_of(connection, trigger):
        return False
    return _others_were_heard(connection, since, trigger)


def _attempted(connection: Connection, trigger: Trigger) -> RowMapping | None:
    query = select(follow_ups).where(follow_ups.c.follow_up_id == trigger.follow_up_id)
    return connection.execute(query).mappings().first()


def _misunderstood(connection: Connection, since: datetime) -> bool:
    # What could not be read may have been about this one: that is no silence.
    query = select(dead_letters.c.dead_letter_id).where(
        dead_letters.c.topic == DELIVERIES,
        dead_letters.c.status == OPEN,
        dead_letters.c.at >= since,
    )
    return connection.execute(query.limit(1)).first() is not None


def _told_of(connection: Connection, trigger: Trigger) -> bool:
    query = select(deliveries.c.event).where(deliveries.c.follow_up_id == trigger.follow_up_id)
    return connection.execute(query.limit(1)).first() is not None


def _others_were_heard(connection: Connection, since: datetime, trigger: Trigger) -> bool:
    query = select(func.count()).select_from(deliveries).where(deliveries.c.at > since)
    query = query.where(deliveries.c.follow_up_id != trigger.follow_up_id)
    return int(connection.execute(query).scalar_one()) > 0


def settle_by_hand(parts: Parts, trigger_id: str, *, arrived: bool, by: str) -> str:
    """An operator knows: `arrived` or not. Raises UsageError when the trigger is not unknown."""
    with writing(parts.engine) as connection:
        query = select(triggers).where(triggers.c.trigger_id == trigger_id)
        row = connection.execute(query).mappings().first()
        if row is None or row["status"] != Status.UNKNOWN.value:
            raise UsageError(
                f"trigger {trigger_id} is not unknown; `aftercare unknown list` shows those that are"
            )
        trigger = to_trigger(row)
        lock_customer(connection, trigger.customer_id)
        if arrived:
            return answer.accepted(connection, parts, trigger, f"by hand: {by}", step="settle")
        return answer.send_again(connection, parts, trigger, f"settled by hand: {by}")
