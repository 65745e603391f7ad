"""Each step of a trigger's way as a sentence."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from aftercare.store.trace import Note
from aftercare.trace.load import Story
from aftercare.trace.verdict import answer, provider, timeless, told
from aftercare.trace.words import A_KIND, clock, language, money, sentence

_DECIDED = {
    "held": "Decided to hold it",
    "withdrawn": "Decided to withdraw it",
    "suppressed": "Decided not to send it",
    "escalated": "Decided that a person takes over",
    "expired": "Decided not to send it any more",
    "bundled": "Decided that it needs no message of its own",
}


def step(note: Note, story: Story, zone: ZoneInfo) -> str:
    """One note in plain words; the names that a machine needs stand in parentheses."""
    tell = _STEPS.get(note.step)
    return tell(note, story, zone) if tell else sentence(note.words)


def _match(note: Note, story: Story, zone: ZoneInfo) -> str:
    detail = note.detail
    if "event_id" not in detail:
        return sentence(note.words)
    rule = f"rule {detail['rule']} (version {detail['rule_version']})"
    event = f"{detail['type']} (event {detail['event_id']}{_place(note)})"
    if note.words.startswith("armed again"):
        rule = f"again {rule}"
    calls = "a person" if not story.trigger["template"] else A_KIND[story.trigger["kind"]]
    if expected := detail.get("expected"):
        by = clock(datetime.fromisoformat(detail["happened_at"]), zone)
        begun = f"The event {expected} was expected by {by} and had not come. It was promised by {event}."
        return f"{begun} So {rule} calls for {calls}{_timing(note, zone)}."
    return f"The event {event} called for {calls} by {rule}{_timing(note, zone)}.{_consent(note, zone)}"


def _consent(note: Note, zone: ZoneInfo) -> str:
    since = note.detail.get("revive_since")
    if since is None:
        return ""
    asked = clock(datetime.fromisoformat(since), zone)
    return f" Whoever sent the event asked to tell what happened from {asked} on, however late."


def _place(note: Note) -> str:
    if "topic" not in note.detail or "offset" not in note.detail:
        return ""
    at = note.detail
    return f", topic {at['topic']}, partition {at['partition']}, offset {at['offset']}"


def _timing(note: Note, zone: ZoneInfo) -> str:
    due, expires = note.detail.get("due_at"), note.detail.get("expires_at")
    if not due or not expires:
        return ""
    if note.status == "expired":
        until = clock(datetime.fromisoformat(expires), zone)
        return f", but it was heard of only after {until}, when it was too late"
    return f", due on {clock(datetime.fromisoformat(due), zone)}"


def _claim(note: Note, _story: Story, _zone: ZoneInfo) -> str:
    batch = note.words.removeprefix("claimed by batch ")
    return f"A worker took it up (batch {batch})."


def _check(note: Note, story: Story, _zone: ZoneInfo) -> str:
    names = note.detail.get("expectations")
    if note.status == "quarantined" and names:
        failed = zip(names, note.detail.get("words") or note.words.split("; "), strict=False)
        words = "; ".join(f"{words} ({name})" for name, words in failed)
        return f"The quality gate put it aside: {words}."
    if note.status == "claimed":
        suite = story.trigger["kind"]
        return f"The quality gate let it pass: every expectation of suite {suite} is met."
    return sentence(note.words)


def _decide(note: Note, story: Story, zone: ZoneInfo) -> str:
    reasons = timeless("; ".join(note.detail.get("reasons") or [note.words]))
    if note.status == "claimed":
        return f"Decided to send it: {reasons}.{_extra(note)}"
    decided = _DECIDED.get(note.status)
    if decided is None:
        return sentence(note.words)
    if until := note.detail.get("until"):
        decided += f" until {clock(datetime.fromisoformat(until), zone)}"
    if note.status == "bundled" and story.answer is not None:
        reasons = f"{answer(story, zone)} answers it too"
    return f"{decided}: {reasons}."


def _extra(note: Note) -> str:
    detail = note.detail
    if "extra" not in detail:
        return ""
    amount = money(detail["amount"], detail.get("currency"))
    return f" A {detail['extra']} of {amount} was set aside for it."


def _compose(note: Note, _story: Story, _zone: ZoneInfo) -> str:
    detail = note.detail
    if "template" not in detail:
        return sentence(note.words)
    return (
        f"Written from template {detail['template']} (version {detail['template_version']}) in "
        f"{language(detail['language'])} (render hash {detail['render_hash'][:16]})."
    )


def _send(note: Note, story: Story, zone: ZoneInfo) -> str:
    if note.status == "sending":
        return "Asked again seconds before sending: nothing had changed, and the message went out."
    if note.status in _DECIDED:
        return f"Asked again seconds before sending. {_decide(note, story, zone)}"
    return sentence(note.words)


def _record(note: Note, story: Story, _zone: ZoneInfo) -> str:
    if note.status == "sent":
        name = note.detail.get("provider_message_id", "")
        who = provider(next((m["sender"] for m in story.messages if m["sender"]), None))
        return sentence(f"{who} accepted it (message id {name})")
    if note.status == "failed":
        return f"The provider refused it for good: {note.words}."
    if note.status == "unknown":
        return f"No clear answer came: {note.words}."
    return sentence(note.words)


def _delivery(note: Note, _story: Story, _zone: ZoneInfo) -> str:
    event = note.detail.get("event") or note.words.removeprefix("the provider says: ")
    identity = note.detail.get("provider_event_id")
    return sentence(told(event) + (f" (provider's event {identity})" if identity else ""))


Tell = Callable[[Note, Story, ZoneInfo], str]

_STEPS: dict[str, Tell] = {
    "match": _match,
    "claim": _claim,
    "check": _check,
    "decide": _decide,
    "compose": _compose,
    "send": _send,
    "record": _record,
    "delivery": _delivery,
}
