"""Delivering hand-offs to their team: a mail by the sender in use, or a webhook by setting."""

import html
import json

import urllib3
from sqlalchemy import RowMapping, select, update

from aftercare.errors import SendError, TemporarySendError
from aftercare.message import Address, Mail
from aftercare.steps.parts import Parts
from aftercare.store.engine import reading, writing
from aftercare.store.tables import handoffs


def deliver_handoffs(parts: Parts) -> int:
    """Deliver open hand-offs that nobody got yet; returns how many. One whose delivery fails is
    tried again at the next upkeep; the hand-off's id lets the receiver see a repetition."""
    query = select(handoffs).where(
        handoffs.c.delivered_at.is_(None), handoffs.c.closed_at.is_(None)
    )
    with reading(parts.engine) as connection:
        rows = connection.execute(query.order_by(handoffs.c.due_at)).mappings().all()
    return sum(_deliver(parts, row) for row in rows)


def _deliver(parts: Parts, row: RowMapping) -> bool:
    try:
        if parts.settings.handoff_webhook:
            _post(parts.settings.handoff_webhook, row)
        else:
            parts.sender.send(_mail(parts, row))
    except SendError:
        return False
    where = handoffs.c.handoff_id == row["handoff_id"]
    with writing(parts.engine) as connection:
        connection.execute(update(handoffs).where(where).values(delivered_at=parts.clock.now()))
    return True


def _post(address: str, row: RowMapping) -> None:
    fields = ("handoff_id", "trigger_id", "customer_id", "team", "reason", "story", "draft")
    body = {name: row[name] for name in fields} | {"due_at": row["due_at"].isoformat()}
    headers = {"Content-Type": "application/json", "Idempotency-Key": row["handoff_id"]}
    try:
        answer = urllib3.request(
            "POST", address, body=json.dumps(body), headers=headers, timeout=10.0, retries=False
        )
    except urllib3.exceptions.HTTPError as error:
        raise TemporarySendError("the hand-off webhook is away") from error
    if answer.status >= 300:
        raise TemporarySendError(f"the hand-off webhook answered {answer.status}")


def _mail(parts: Parts, row: RowMapping) -> Mail:
    brand, team = parts.library.brand, parts.policy.teams.get(row["team"])
    due = row["due_at"].astimezone(parts.zone)
    text = (
        f"{row['reason']}\n\nCustomer {row['customer_id']}, to be looked after by "
        f"{due:%Y-%m-%d %H:%M}.\n\n{row['story']}\n\n"
        f"A draft to start from:\n\n{row['draft'] or '(none)'}\n\n"
        f"Close it with: aftercare handoffs close {row['handoff_id']}\n"
    )
    ours = Address(brand.email, brand.name)
    return Mail(
        follow_up_id=row["handoff_id"],
        kind="handoff",
        rule="handoff",
        language="en",
        to=Address(team.email if team else brand.email, row["team"]),
        sender=ours,
        reply_to=ours,
        subject=f"For a person: customer {row['customer_id']}",
        preheader=row["reason"],
        html=f"<html><body><pre>{html.escape(text)}</pre></body></html>",
        text=text,
    )
