"""What happens next to a trigger by itself, and what one can do about it: plain sentences."""

from zoneinfo import ZoneInfo

from aftercare.trace.load import Story
from aftercare.trace.verdict import Told
from aftercare.trace.words import when

_IDLE = "There is nothing to do."


def next_step(story: Story, zone: ZoneInfo) -> str:
    """What happens next by itself, and what one can do: goes on after a colon."""
    row = story.trigger
    words = _NEXT[row["status"]](story, zone)
    if story.stopped is not None and row["status"] in ("waiting", "held"):
        words = _switched_off(story) + words
    return words


def _then_expires(story: Story, zone: ZoneInfo) -> str:
    expires = when(story.trigger["expires_at"], zone)
    return f"everything is asked again before it is sent; after {expires} it expires. {_IDLE}"


def _read_it(story: Story, _zone: ZoneInfo) -> str:
    message = next((m for m in reversed(story.messages) if m["status"] == "sent"), None)
    if message is not None and message["sender"] == "outbox":
        return "nothing, it is done. Read it in the outbox: aftercare outbox --open"
    return "nothing, it is done."


def _see_answer(story: Story, _zone: ZoneInfo) -> str:
    found = story.answer
    return f"nothing. Its story: aftercare why {found['trigger_id']}" if found else "nothing."


def _settle(story: Story, _zone: ZoneInfo) -> str:
    name = story.trigger["trigger_id"]
    return (
        "the provider's own event, or its silence, settles it. Who knows it better says so: "
        f"aftercare unknown settle {name} --arrived (or --not-arrived)"
    )


def _care_for(story: Story, _zone: ZoneInfo) -> str:
    hand = story.handoff
    if hand is None or hand["closed_at"] is not None:
        return "nothing, it is done."
    name = hand["handoff_id"]
    return f"the team reads it: aftercare handoffs show {name}. When done: aftercare handoffs close {name}"


def _mend(story: Story, _zone: ZoneInfo) -> str:
    name = story.trigger["trigger_id"]
    return (
        "mend the fact at its source: the event that brings it has it checked again by itself. "
        f"Or: aftercare quarantine release {name} (check again now), "
        f"aftercare quarantine drop {name} (give it up)"
    )


_NEXT: dict[str, Told] = {
    "waiting": _then_expires,
    "held": _then_expires,
    "claimed": lambda _s, _z: f"if the worker dies, it waits again by itself. {_IDLE}",
    "sending": lambda _s, _z: f"if the worker dies, it becomes unknown by itself. {_IDLE}",
    "sent": _read_it,
    "unknown": _settle,
    "bundled": _see_answer,
    "withdrawn": lambda _s, _z: f"if it happens again, it starts over. {_IDLE}",
    "suppressed": lambda _s, _z: (
        f"a new address or consent (customer.updated) lets later care through. {_IDLE}"
    ),
    "escalated": _care_for,
    "quarantined": _mend,
    "expired": lambda _s, _z: "nothing: care that comes too late is worse than none.",
    "failed": lambda _s, _z: "mend the address or the setting that the provider named.",
}


def _switched_off(story: Story) -> str:
    switch = story.stopped
    assert switch is not None
    command = "incident resume" if switch["scope"] == "incident" else "resume"
    return (
        f"{switch['scope']} {switch['name']} is stopped ({switch['reason']}); to go on: "
        f"aftercare {command} {switch['name']}. Then "
    )
