"""Where a trigger stands and why: plain sentences."""

import re
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from aftercare.trace.load import Story
from aftercare.trace.words import A_KIND, listed, when

_TIMES = re.compile(r" \((?:until|it expired) [^()]*\)")


def verdict(story: Story, zone: ZoneInfo) -> str:
    """One to three sentences: where it stands and why."""
    return _STANDS[story.trigger["status"]](story, zone)


def reason(story: Story) -> str:
    """Why it stands there, without times: those are told in the shop's zone."""
    return timeless(str(story.trigger["reason"])).rstrip(".")


def timeless(words: str) -> str:
    """A reason without the times in it, which are in UTC."""
    return _TIMES.sub("", words)


def _waiting(story: Story, zone: ZoneInfo) -> str:
    words = f"It waits, due on {when(story.trigger['due_at'], zone)}."
    return f"{words} The latest: {reason(story)}." if reason(story) else words


def _held(story: Story, zone: ZoneInfo) -> str:
    due, expires = story.trigger["due_at"], story.trigger["expires_at"]
    why = f"It is held, because {reason(story)}."
    if due >= expires:
        return f"{why} It is decided again as soon as that changes."
    return f"{why} It is decided again on {when(due, zone)}."


def _sent(story: Story, zone: ZoneInfo) -> str:
    message = next((m for m in reversed(story.messages) if m["status"] == "sent"), None)
    if message is None or message["accepted_at"] is None:
        return "It was sent: the provider accepted it."
    at = when(message["accepted_at"], zone)
    words = f"It was sent on {at}: {provider(message['sender'])} accepted it."
    if story.told:
        last = story.told[-1]
        words += f" Since then: {told(last['event'])}, on {when(last['at'], zone)}."
    return words


def _unknown(story: Story, zone: ZoneInfo) -> str:
    return (
        "It went out, and nobody knows yet whether the provider accepted it "
        f"({reason(story)}). It is not sent again blindly, so that nobody gets it twice."
    )


def _bundled(story: Story, zone: ZoneInfo) -> str:
    words = "It needs no message of its own"
    if story.answer is None:
        return f"{words}: {reason(story)}."
    return f"{words}: {answer(story, zone)} answers it too."


def _escalated(story: Story, zone: ZoneInfo) -> str:
    hand = story.handoff
    if hand is None:
        return f"A person looks after it, because {reason(story)}."
    of_whom = f"it ({hand['team']}), because {reason(story)}."
    if hand["closed_at"] is not None:
        closed = f"{when(hand['closed_at'], zone)} by {hand['closed_by']}"
        return f"A person looked after {of_whom} Closed on {closed}."
    return f"A person looks after {of_whom} It is due on {when(hand['due_at'], zone)}."


def _quarantined(story: Story, zone: ZoneInfo) -> str:
    since = when(story.trigger["status_at"], zone)
    failed = listed([f["words"] for f in story.failures], "and") or reason(story)
    return f"The quality gate put it aside on {since}: {failed}. Nothing is sent meanwhile."


def _expired(story: Story, zone: ZoneInfo) -> str:
    expires = when(story.trigger["expires_at"], zone)
    words, _, held = reason(story).partition("; before that: ")
    if words.startswith("too late"):
        words = f"after {expires} it would have come too late"
    words = f"Nothing was sent: {words}."
    return f"{words} Until then it was held, because {held}." if held else words


def _failed(story: Story, zone: ZoneInfo) -> str:
    at = when(story.trigger["status_at"], zone)
    return f"Nothing was sent: the provider refused it for good on {at} ({reason(story)})."


Told = Callable[[Story, ZoneInfo], str]

_STANDS: dict[str, Told] = {
    "waiting": _waiting,
    "held": _held,
    "claimed": lambda _s, _z: "It is being decided at this moment.",
    "sending": lambda _s, _z: "It is on its way to the provider at this moment.",
    "sent": _sent,
    "unknown": _unknown,
    "bundled": _bundled,
    "withdrawn": lambda s, z: (
        f"It was withdrawn on {when(s.trigger['status_at'], z)}, because {reason(s)}. "
        "Nothing was sent."
    ),
    "suppressed": lambda s, _z: f"Nothing is sent, because {reason(s)}.",
    "escalated": _escalated,
    "quarantined": _quarantined,
    "expired": _expired,
    "failed": _failed,
}


def answer(story: Story, zone: ZoneInfo) -> str:
    """Who speaks for a bundled one: a message or a person."""
    found = story.answer
    assert found is not None
    if "team" in found:
        return f"a person ({found['team']}), since {when(found['opened_at'], zone)},"
    at: datetime | None = found["accepted_at"] or found["attempted_at"]
    sent = f", sent on {when(at, zone)}," if at else ""
    subject = f"{story.trigger['subject_kind']} {found['subject_id']}"
    return f"{A_KIND[found['kind']]} about {subject} (rule {found['rule']}){sent}"


def provider(name: str | None) -> str:
    """A sender by its name."""
    known = {"outbox": "the local outbox", "sendgrid": "SendGrid", "smtp": "the mail server"}
    return known.get(name or "", "the provider")


def told(event: str) -> str:
    """A provider's event in words."""
    known = {
        "processed": "the provider took it up",
        "deferred": "the customer's mail server asked to wait",
        "delivered": "the customer's mail server took it",
        "bounce": "the customer's mail server refused it (bounce)",
        "dropped": "the provider dropped it",
        "open": "it was opened",
        "click": "a link in it was followed",
        "spamreport": "the customer reported it as spam",
        "unsubscribe": "the customer unsubscribed",
        "group_unsubscribe": "the customer unsubscribed",
    }
    return known.get(event, f"the provider reported {event}")
