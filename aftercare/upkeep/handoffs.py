"""Delivering hand-offs to their team: a mail by the sender in use, or a webhook by setting."""

import logging
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, select, update

from aftercare.errors import SendError
from aftercare.facts.model import Customer
from aftercare.handoffs.closing import settle, still_open
from aftercare.handoffs.letter import letter
from aftercare.handoffs.webhook import Webhook
from aftercare.steps.parts import Parts
from aftercare.store import facts
from aftercare.store.engine import reading, writing
from aftercare.store.tables import handoffs, triggers

LONGEST = 60.0
"""Machine seconds after which what is left waits for the next upkeep, which begins with what failed
least often: a team that cannot be reached keeps nobody else waiting."""

log = logging.getLogger(__name__)


def deliver_handoffs(parts: Parts) -> int:
    """Deliver open hand-offs that their team did not get yet; returns how many.

    One whose delivery fails stops no other and is tried again at the next upkeep. A crash, or an
    answer that got lost, delivers one twice under the same id: a team that is asked twice is better
    than a customer who is forgotten.
    """
    _settle_open(parts)
    begun, troubles, delivered = parts.machine(), Counter[str](), 0
    for row in _undelivered(parts):
        if parts.machine() - begun > LONGEST:
            troubles["there was no time left"] += 1
        elif (trouble := _deliver(parts, row)) is not None:
            troubles[trouble] += 1
        else:
            delivered += 1
    _log(delivered, troubles)
    return delivered


def _settle_open(parts: Parts) -> None:
    # One that was opened while another process read of its closing saw it neither here nor there.
    with reading(parts.engine) as connection:
        ids = still_open(connection)
    if ids:
        with writing(parts.engine) as connection:
            settle(connection, ids, parts.clock.now())


def _undelivered(parts: Parts) -> Sequence[RowMapping]:
    query = (
        select(handoffs, triggers.c.subject_kind, triggers.c.subject_id)
        .join(triggers, triggers.c.trigger_id == handoffs.c.trigger_id)
        .where(handoffs.c.delivered_at.is_(None), handoffs.c.closed_at.is_(None))
        .order_by(handoffs.c.attempts, handoffs.c.due_at, handoffs.c.handoff_id)
    )
    with reading(parts.engine) as connection:
        return connection.execute(query).mappings().all()


def _deliver(parts: Parts, row: RowMapping) -> str | None:
    """Deliver one and keep what came of it; returns why it failed, without anything personal."""
    trouble = _attempt(parts, row)
    values: dict[str, Any] = {"trouble": trouble, "attempts": handoffs.c.attempts + 1}
    if trouble is None:
        values = {"trouble": None, "delivered_at": parts.clock.now()}
    where = handoffs.c.handoff_id == row["handoff_id"]
    with writing(parts.engine) as connection:
        connection.execute(update(handoffs).where(where).values(values))
    return trouble


def _attempt(parts: Parts, row: RowMapping) -> str | None:
    try:
        _send(parts, row)
    except SendError as error:
        return str(error)
    except Exception as error:
        # Whatever it was, the next one's team is waiting; foreign words could quote the customer.
        return f"it could not be delivered ({type(error).__name__})"
    return None


def _send(parts: Parts, row: RowMapping) -> None:
    here = parts.settings
    if here.handoff_webhook:
        webhook = Webhook(here.handoff_webhook, here.handoff_webhook_secret)
        webhook.post(row, int(parts.machine()))
        return
    brand, team = parts.library.brand, parts.policy.teams.get(row["team"])
    with reading(parts.engine) as connection:
        known = facts.load(connection, Customer, [row["customer_id"]])
    to = team.email if team else brand.email
    parts.sender.send(letter(row, known.get(row["customer_id"]), to, brand))


def _log(delivered: int, troubles: Counter[str]) -> None:
    log.info("hand-offs: %d delivered, %d to try again", delivered, troubles.total())
    for trouble, number in troubles.most_common():
        log.warning("hand-offs: %d not delivered: %s", number, trouble)
