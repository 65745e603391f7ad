"""The provider's events: SendGrid's Event Webhook objects as CloudEvents on topic `deliveries`.

Idempotent by `sg_event_id`. An event that carries our follow-up id settles an unknown send, also one
that was given up too early; a bounce, a spam report or an unsubscribe suppresses the address.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from sqlalchemy import ColumnElement, Connection, RowMapping, select, update

from aftercare.decision.model import Trigger
from aftercare.errors import EventError
from aftercare.events.fields import Id
from aftercare.extras import wallet
from aftercare.intake.model import Dead, Incoming, Report
from aftercare.lifecycle import MOVES, Status
from aftercare.steps.cares import give_care_back, take_care
from aftercare.steps.moves import move, to_trigger
from aftercare.store import facts, trace
from aftercare.store.slices import slices
from aftercare.store.tables import cares, customers, deliveries, follow_ups, triggers

ACCEPTED = frozenset(
    {"processed", "deferred", "delivered", "bounce", "open", "click", "spamreport"}
    | {"unsubscribe", "group_unsubscribe"}
)
"""Events that prove that the provider had accepted the message."""

SUPPRESSING = frozenset({"bounce", "spamreport", "unsubscribe", "group_unsubscribe"})
"""Events after which nothing more is sent to the address."""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One SendGrid event; unknown fields are ignored. `timestamp` is epoch seconds."""

    event: Annotated[str, msgspec.Meta(max_length=40)]
    sg_event_id: Id
    timestamp: Annotated[int, msgspec.Meta(ge=0, le=4_102_444_800)]
    follow_up_id: Annotated[str, msgspec.Meta(max_length=36)] | None = None
    sg_message_id: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class DeliveryEvent(msgspec.Struct, frozen=True, kw_only=True):
    """The CloudEvent around it."""

    specversion: Literal["1.0"]
    id: Id
    source: str
    type: str
    data: Delivery


_decoder = msgspec.json.Decoder(DeliveryEvent)


def take_in_deliveries(
    connection: Connection, records: Sequence[Incoming], now: datetime
) -> Report:
    """Write delivery events, settle unknown sends and suppress addresses, in the caller's
    transaction. What cannot be understood comes back in the report."""
    report = Report()
    # Workers decide about these customers under the same lock (steps/ask.py).
    facts.lock(connection, customers_told_of(connection, records))
    for record in records:
        try:
            delivery = decode_delivery(record.value)
        except EventError as error:
            report.dead.append(Dead(record, error.reason, str(error)))
            continue
        report.events += 1
        if not _known(connection, delivery):
            _take(connection, delivery, now)
    return report


def customers_told_of(connection: Connection, records: Sequence[Incoming]) -> set[str]:
    """Ids of the customers whose messages these records speak of, for whoever locks them."""
    messages: set[str] = set()
    for record in records:
        with suppress(EventError):
            messages.add(decode_delivery(record.value).follow_up_id or "")
    found: set[str] = set()
    for some in slices(messages - {""}):
        query = select(follow_ups.c.customer_id).where(follow_ups.c.follow_up_id.in_(some))
        found |= set(connection.execute(query).scalars())
    return found


def decode_delivery(value: bytes | None) -> Delivery:
    """One delivery event. Raises EventError naming the place, never a value."""
    try:
        return _decoder.decode(value or b"").data
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        words = str(error) if isinstance(error, msgspec.ValidationError) else "not JSON"
        raise EventError("bad-data", f"not a delivery event: {words}") from error


def _known(connection: Connection, delivery: Delivery) -> bool:
    where = deliveries.c.provider_event_id == delivery.sg_event_id
    return connection.execute(select(deliveries.c.event).where(where)).first() is not None


def _take(connection: Connection, delivery: Delivery, now: datetime) -> None:
    row = {
        "provider_event_id": delivery.sg_event_id,
        "follow_up_id": delivery.follow_up_id,
        "event": delivery.event,
        "at": datetime.fromtimestamp(delivery.timestamp, UTC),
    }
    connection.execute(deliveries.insert().values(row))
    where = follow_ups.c.follow_up_id == delivery.follow_up_id
    found = connection.execute(select(follow_ups).where(where)).mappings().first()
    if found is None:
        return
    words = f"the provider says: {delivery.event}"
    status = "sent" if delivery.event in ACCEPTED else found["status"]
    detail = {"event": delivery.event, "provider_event_id": delivery.sg_event_id}
    trace.write(
        connection, [trace.Note(found["trigger_id"], now, "delivery", status, words, detail)]
    )
    if delivery.event in ACCEPTED:
        _accepted(connection, found, delivery, now)
    elif delivery.event == "dropped":
        _dropped(connection, found, now)
    if delivery.event in SUPPRESSING:
        _suppress(connection, found["customer_id"], delivery.event, now)


def _accepted(
    connection: Connection, message: RowMapping, delivery: Delivery, now: datetime
) -> None:
    """The provider has it. That settles a message in flight, and one that had been given up (as
    silence, or a refusal that was none) while nobody has spoken in its place."""
    trigger = _trigger(connection, message)
    if _in_flight(trigger, message):
        words = "settled by the provider's event"
    elif _given_up(connection, trigger, message):
        words = "settled by the provider's event, which came after it had been given up"
    else:
        return
    identity = message["follow_up_id"]
    given = {"follow_up_id": identity}
    if not move(connection, trigger, Status.SENT, at=now, step="settle", words=words, values=given):
        return
    composed = (follow_ups.c.trigger_id == trigger.trigger_id) & (follow_ups.c.status == "composed")
    connection.execute(update(follow_ups).where(composed).values(status="dropped", message=None))
    sent = {"status": "sent", "accepted_at": now, "provider_message_id": delivery.sg_message_id}
    connection.execute(update(follow_ups).where(_this(identity)).values(sent))
    take_care(connection, trigger, identity)
    wallet.spend(connection, trigger.trigger_id)


def _dropped(connection: Connection, message: RowMapping, now: datetime) -> None:
    """The provider gave it up: the customer will not get it."""
    trigger, identity = _trigger(connection, message), message["follow_up_id"]
    if not _in_flight(trigger, message):
        return
    words = "the provider dropped it"
    if not move(connection, trigger, Status.FAILED, at=now, step="settle", words=words):
        return
    connection.execute(update(follow_ups).where(_this(identity)).values(status="failed"))
    wallet.release(connection, trigger.trigger_id)
    give_care_back(connection, identity, now)


def _trigger(connection: Connection, message: RowMapping) -> Trigger:
    query = select(triggers).where(triggers.c.trigger_id == message["trigger_id"])
    return to_trigger(connection.execute(query.with_for_update()).mappings().one())


def _in_flight(trigger: Trigger, message: RowMapping) -> bool:
    mine = trigger.follow_up_id == message["follow_up_id"]
    return mine and trigger.status in (Status.SENDING, Status.UNKNOWN)


def _given_up(connection: Connection, trigger: Trigger, message: RowMapping) -> bool:
    if message["status"] != "failed" or Status.SENT not in MOVES[Status(trigger.status)]:
        return False
    same = cares.c.customer_id == message["customer_id"]
    same &= (cares.c.subject_id == message["subject_id"]) & (cares.c.cause == message["cause"])
    another = same & (cares.c.follow_up_id != message["follow_up_id"])
    unspoken = trigger.status not in (Status.SENDING, Status.UNKNOWN, Status.FAILED)
    return unspoken and connection.execute(select(cares).where(another)).first() is None


def _this(identity: str) -> ColumnElement[bool]:
    return follow_ups.c.follow_up_id == identity


def _suppress(connection: Connection, customer_id: str, event: str, now: datetime) -> None:
    where = (customers.c.customer_id == customer_id) & customers.c.suppressed_at.is_(None)
    values = {"suppressed_at": now, "suppressed_reason": event}
    connection.execute(update(customers).where(where).values(values))
