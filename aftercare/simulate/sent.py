"""The messages that a simulation would have sent: who, when, what; nothing personal."""

from collections.abc import Iterator
from datetime import datetime

import msgspec
from sqlalchemy import Connection, select

from aftercare.store.tables import extras, follow_ups, triggers


class Sent(msgspec.Struct, frozen=True):
    """One message. `extra` is an amount with its currency."""

    at: datetime
    customer_id: str
    subject: str
    rule: str
    kind: str
    template: str
    language: str
    extra: str | None
    trigger_id: str


def sent(connection: Connection) -> Iterator[Sent]:
    """Messages in the order of time, read one by one."""
    query = (
        select(
            follow_ups.c.accepted_at,
            follow_ups.c.customer_id,
            triggers.c.subject_kind,
            triggers.c.subject_id,
            follow_ups.c.rule,
            follow_ups.c.kind,
            follow_ups.c.template,
            follow_ups.c.language,
            extras.c.amount,
            extras.c.currency,
            follow_ups.c.trigger_id,
        )
        .join(triggers, triggers.c.trigger_id == follow_ups.c.trigger_id)
        .outerjoin(extras, extras.c.trigger_id == follow_ups.c.trigger_id)
        .where(follow_ups.c.status == "sent")
        .order_by(follow_ups.c.accepted_at, follow_ups.c.follow_up_id)
    )
    for row in connection.execute(query):
        yield Sent(
            row.accepted_at,
            row.customer_id,
            f"{row.subject_kind} {row.subject_id}",
            row.rule,
            row.kind,
            row.template,
            row.language,
            f"{row.amount} {row.currency}" if row.amount is not None else None,
            row.trigger_id,
        )
