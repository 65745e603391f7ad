"""`aftercare why`: the story of a trigger, a message, a customer or a subject, in plain words."""

from collections import Counter
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from aftercare.trace.about import about, erased, heading
from aftercare.trace.find import Found, find, trigger_ids
from aftercare.trace.load import Story, load
from aftercare.trace.next import next_step
from aftercare.trace.steps import step
from aftercare.trace.verdict import verdict
from aftercare.trace.words import A_KIND, clock, day, money, times


def stories(connection: Connection, name: str) -> tuple[Found, list[Story]]:
    """What a name (or its beginning) stands for, and the stories of its triggers, ordered by when
    they happened. Raises UsageError when nobody knows the name, or too many do."""
    found = find(connection, name)
    return found, load(connection, trigger_ids(connection, found))


def tell(story: Story, zone: ZoneInfo) -> list[str]:
    """The story in lines: what it is, where it stands, what one can do, then step by step."""
    forgotten = erased(story, zone)
    return [
        heading(story),
        f"  {story.trigger['status'].upper()}. {verdict(story, zone)}",
        f"  What next: {next_step(story, zone)}",
        f"  {about(story, zone)}",
        *([f"  {forgotten}"] if forgotten else []),
        f"  Step by step, times in {zone.key}:",
        *(f"    {clock(note.at, zone)}  {step(note, story, zone)}" for note in story.notes),
        *_ends(story),
    ]


def _ends(story: Story) -> list[str]:
    lines = []
    if story.extra is not None:
        extra = story.extra
        amount = money(extra["amount"], extra["currency"])
        state = "given" if extra["status"] == "spent" else "set aside"
        lines.append(f"  Extra: a {extra['kind']} of {amount}, {state}.")
    if story.docs:
        lines.append(f"  What the quality gate saw: {story.docs}")
    names = [f"trigger {story.trigger['trigger_id']}"]
    names += [f"message {m['follow_up_id']}" for m in story.messages]
    names += [f"hand-off {story.handoff['handoff_id']}"] if story.handoff else []
    return [*lines, f"  Ids: {', '.join(names)}"]


def summary(found: Found, told: Sequence[Story], zone: ZoneInfo) -> list[str]:
    """Many stories, a line each, oldest first."""
    counts = Counter(str(story.trigger["status"]) for story in told)
    often = {1: "once", 2: "twice"}.get(len(told), f"{len(told)} times")
    return [
        f"{found.what.capitalize()} {found.name}: care was called for {often} ({times(counts)}).",
        f"  {'happened on':<15}  {'outcome':<11}  what, and the beginning of its trigger's id",
        *(_short(story, zone) for story in told),
    ]


def _short(story: Story, zone: ZoneInfo) -> str:
    row = story.trigger
    what = A_KIND[row["kind"]] if row["template"] else "a case for a person"
    on = day(row["happened_at"].astimezone(zone))
    subject = f"{row['subject_kind']} {row['subject_id']}"
    return (
        f"  {on:<15}  {row['status']:<11}  {what} about {subject} "
        f"({row['rule']})  {row['trigger_id'][:8]}"
    )
