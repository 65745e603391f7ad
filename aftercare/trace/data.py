"""A story for machines: the chain from the event to the provider's events."""

from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping

from aftercare.store.trace import Note
from aftercare.trace.load import Story
from aftercare.trace.next import next_step
from aftercare.trace.verdict import verdict

_EVENT = ("event_id", "type", "topic", "partition", "offset")
_MESSAGE = (
    *("follow_up_id", "status", "template", "template_version", "language", "render_hash"),
    *("composed_at", "attempted_at", "accepted_at", "sender", "provider_message_id"),
)
_HANDOFF = ("handoff_id", "team", "opened_at", "due_at", "delivered_at", "closed_at", "closed_by")
_EXTRA = ("extra_id", "budget", "kind", "amount", "currency", "status")


def as_data(story: Story, zone: ZoneInfo) -> dict[str, object]:
    """Plain values, times as RFC 3339, no message bodies and nothing personal."""
    matched = next((n.detail for n in story.notes if n.step == "match"), {})
    return {
        "event": {name: matched.get(name) for name in _EVENT},
        "rule": {"name": story.trigger["rule"], "version": story.trigger["rule_version"]},
        "expectations": [_expectation(n) for n in story.notes if n.step == "check"],
        "decisions": [_decision(n) for n in story.notes if "decision" in n.detail],
        "messages": [_some(m, _MESSAGE) | {"events": _told(story, m)} for m in story.messages],
        "extra": _some(story.extra, _EXTRA) if story.extra else None,
        "hand_off": _some(story.handoff, _HANDOFF) if story.handoff else None,
        "outcome": story.trigger["status"],
        "verdict": verdict(story, zone),
        "what_to_do": next_step(story, zone),
        "failed_expectations": [
            {"expectation": f["expectation"], "words": f["words"]} for f in story.failures
        ],
        "data_docs": story.docs,
        "trigger": {name: _plain(value) for name, value in story.trigger.items()},
        "trace": [_note(n) for n in story.notes],
    }


def _expectation(note: Note) -> dict[str, object]:
    failed = note.detail.get("expectations", [])
    return {"at": note.at.isoformat(), "met": not failed, "failed": failed, "words": note.words}


def _decision(note: Note) -> dict[str, object]:
    return {"at": note.at.isoformat(), "step": note.step, **note.detail}


def _told(story: Story, message: RowMapping) -> list[dict[str, object]]:
    mine = [t for t in story.told if t["follow_up_id"] == message["follow_up_id"]]
    return [_some(t, ("provider_event_id", "event", "at")) for t in mine]


def _note(note: Note) -> dict[str, object]:
    return vars(note) | {"at": note.at.isoformat()}


def _some(row: RowMapping, names: tuple[str, ...]) -> dict[str, object]:
    return {name: _plain(row[name]) for name in names}


def _plain(value: Any) -> object:
    return value.isoformat() if hasattr(value, "isoformat") else value
