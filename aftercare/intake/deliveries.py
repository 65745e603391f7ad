"""The provider's events: SendGrid's Event Webhook objects as CloudEvents on topic `deliveries`.

Idempotent by `sg_event_id`. An event that carries our follow-up id settles an unknown send; a
bounce, a spam report or an unsubscribe suppresses the address.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from sqlalchemy import Connection, select, update

from aftercare.errors import EventError
from aftercare.events.fields import Id
from aftercare.extras import wallet
from aftercare.intake.model import Dead, Incoming, Report
from aftercare.lifecycle import Status
from aftercare.steps.cares import give_care_back
from aftercare.store import trace
from aftercare.store.tables import customers, deliveries, extras, follow_ups, triggers

ACCEPTED = frozenset(
    {"processed", "deferred", "delivered", "bounce", "open", "click", "spamreport"}
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
    tid, words = found["trigger_id"], f"the provider says: {delivery.event}"
    status = "sent" if delivery.event in ACCEPTED else found["status"]
    detail = {"event": delivery.event, "provider_event_id": delivery.sg_event_id}
    trace.write(connection, [trace.Note(tid, now, "delivery", status, words, detail)])
    if delivery.event in ACCEPTED and found["status"] in ("unknown", "sending"):
        _settle(connection, found["follow_up_id"], tid, delivery, now)
    if delivery.event == "dropped" and found["status"] == "unknown":
        _fail(connection, found["follow_up_id"], tid, now)
    if delivery.event in SUPPRESSING:
        _suppress(connection, found["customer_id"], delivery.event, now)


def _settle(
    connection: Connection, follow_up_id: str, tid: str, delivery: Delivery, now: datetime
) -> None:
    sent = {"status": "sent", "accepted_at": now, "provider_message_id": delivery.sg_message_id}
    mine = follow_ups.c.follow_up_id == follow_up_id
    connection.execute(update(follow_ups).where(mine).values(sent))
    where = (triggers.c.trigger_id == tid) & (triggers.c.follow_up_id == follow_up_id)
    where &= triggers.c.status.in_((Status.UNKNOWN.value, Status.SENDING.value))
    words = "settled by the provider's event"
    moved = {"status": Status.SENT.value, "status_at": now, "reason": words}
    cleared = {"batch_id": None, "lease_until": None}
    if connection.execute(update(triggers).where(where).values(moved | cleared)).rowcount:
        trace.write(connection, [trace.Note(tid, now, "settle", Status.SENT, words)])
        given = (extras.c.trigger_id == tid) & (extras.c.status == "reserved")
        connection.execute(update(extras).where(given).values(status="spent"))


def _fail(connection: Connection, follow_up_id: str, tid: str, now: datetime) -> None:
    mine = follow_ups.c.follow_up_id == follow_up_id
    connection.execute(update(follow_ups).where(mine).values(status="failed"))
    where = (triggers.c.trigger_id == tid) & (triggers.c.status == Status.UNKNOWN.value)
    words = "the provider dropped it"
    moved = {"status": Status.FAILED.value, "status_at": now, "reason": words}
    if connection.execute(update(triggers).where(where).values(moved)).rowcount:
        trace.write(connection, [trace.Note(tid, now, "settle", Status.FAILED, words)])
        wallet.release(connection, tid)
        give_care_back(connection, follow_up_id, now)


def _suppress(connection: Connection, customer_id: str, event: str, now: datetime) -> None:
    where = (customers.c.customer_id == customer_id) & customers.c.suppressed_at.is_(None)
    values = {"suppressed_at": now, "suppressed_reason": event}
    connection.execute(update(customers).where(where).values(values))
