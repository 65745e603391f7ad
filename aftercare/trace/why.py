"""`aftercare why`: the story of a trigger, a follow-up or a customer, in plain words."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, select

from aftercare.store.tables import (
    extras,
    failed_expectations,
    follow_ups,
    handoffs,
    triggers,
)
from aftercare.store.trace import Note, read


@dataclass(frozen=True)
class Story:
    """One trigger with everything that became of it."""

    trigger: RowMapping
    notes: Sequence[Note]
    messages: Sequence[RowMapping]
    extra: RowMapping | None
    handoff: RowMapping | None
    failures: Sequence[RowMapping]


def stories(connection: Connection, name: str) -> list[Story]:
    """Stories for a trigger id, a follow-up id, a customer id or a subject id; none when nobody
    knows the name. Ordered by when they happened."""
    where = (triggers.c.trigger_id == name) | (triggers.c.customer_id == name)
    where |= triggers.c.subject_id == name
    where |= triggers.c.trigger_id.in_(
        select(follow_ups.c.trigger_id).where(follow_ups.c.follow_up_id == name)
    )
    query = select(triggers).where(where).order_by(triggers.c.happened_at, triggers.c.trigger_id)
    return [_story(connection, row) for row in connection.execute(query).mappings().all()]


def _story(connection: Connection, row: RowMapping) -> Story:
    tid = row["trigger_id"]

    def of(table: object, column: object) -> Sequence[RowMapping]:
        query = select(table).where(column == tid)  # type: ignore[call-overload]
        return connection.execute(query).mappings().all()

    messages = [m for m in of(follow_ups, follow_ups.c.trigger_id) if m["status"] != "dropped"]
    given = of(extras, extras.c.trigger_id)
    handed = of(handoffs, handoffs.c.trigger_id)
    failures = of(failed_expectations, failed_expectations.c.trigger_id)
    return Story(
        row,
        read(connection, tid),
        messages,
        given[0] if given else None,
        handed[0] if handed else None,
        failures,
    )


STANDS = {
    "waiting": "It waits: it falls due {due}.",
    "held": "It is held and will be decided again {due}, because {reason}.",
    "claimed": "A worker is at it at this moment.",
    "sending": "It is on its way to the provider at this moment.",
    "sent": "It was sent: the provider accepted it.",
    "unknown": "It went out, and nobody knows yet whether the provider accepted it.",
    "bundled": "It needs no message of its own: {reason}.",
    "withdrawn": "It was withdrawn: {reason}.",
    "suppressed": "It is not sent: {reason}.",
    "escalated": "A person looks after it: {reason}.",
    "quarantined": "It is in quarantine until its facts change: {reason}.",
    "expired": "It expired: {reason}.",
    "failed": "It failed for good: {reason}.",
}


def verdict(story: Story) -> str:
    """One sentence that says where the trigger stands and why."""
    row = story.trigger
    due = f"{row['due_at']:%Y-%m-%d %H:%M} UTC"
    return STANDS[row["status"]].format(due=due, reason=row["reason"].rstrip("."))


def tell(story: Story) -> list[str]:
    """The story in lines: what it is, what happened step by step, where it stands."""
    row = story.trigger
    lines = [
        f"{row['kind']} by rule {row['rule']} for customer {row['customer_id']}, "
        f"{row['subject_kind']} {row['subject_id']} (cause: {row['cause']})",
        f"  trigger {row['trigger_id']}",
        f"  {verdict(story)}",
        "",
    ]
    lines += [_line(note) for note in story.notes]
    if story.extra is not None:
        extra = story.extra
        lines.append(
            f"  extra: {extra['kind']} of {extra['amount']} {extra['currency']}, {extra['status']}"
        )
    if story.handoff is not None:
        hand = story.handoff
        closed = f"closed by {hand['closed_by']}" if hand["closed_at"] else "open"
        lines.append(
            f"  hand-off to {hand['team']}, due {hand['due_at']:%Y-%m-%d %H:%M} UTC, {closed}"
        )
    return lines


_STEPS = {
    "match": "a rule matched",
    "claim": "taken up",
    "check": "quality gate",
    "decide": "decided",
    "compose": "composed",
    "send": "last question",
    "record": "provider",
    "lease": "lease",
    "settle": "settled",
    "delivery": "delivery",
    "wake": "woken",
    "operator": "operator",
}


def _line(note: Note) -> str:
    place = ""
    if "topic" in note.detail and "offset" in note.detail:
        place = f" [{note.detail['topic']}/{note.detail['partition']}@{note.detail['offset']}]"
    return (
        f"  {note.at:%Y-%m-%d %H:%M:%S}  {_STEPS.get(note.step, note.step):<15} {note.words}{place}"
    )


def as_data(story: Story) -> dict[str, object]:
    """The same for machines: plain values, times as RFC 3339, no message bodies."""
    row = story.trigger
    plain = {k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in row.items()}
    return {
        "trigger": plain,
        "verdict": verdict(story),
        "trace": [
            {
                "at": n.at.isoformat(),
                "step": n.step,
                "status": n.status,
                "words": n.words,
                "detail": n.detail,
            }
            for n in story.notes
        ],
        "messages": [
            {
                "follow_up_id": m["follow_up_id"],
                "status": m["status"],
                "template": m["template"],
                "template_version": m["template_version"],
                "language": m["language"],
                "render_hash": m["render_hash"],
                "provider_message_id": m["provider_message_id"],
            }
            for m in story.messages
        ],
        "failed_expectations": [
            {"expectation": f["expectation"], "words": f["words"]} for f in story.failures
        ],
    }
