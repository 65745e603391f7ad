"""What a trigger is about, from the facts as they are now: dates and amounts, nothing personal."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from aftercare.trace.load import Story
from aftercare.trace.story import MOMENTS
from aftercare.trace.words import A_KIND, clock, day, money, sentence, when


def heading(story: Story) -> str:
    """`An apology to customer c1 about order o1, by rule late-delivery`."""
    row = story.trigger
    subject = f"{row['subject_kind']} {row['subject_id']}"
    incident = f" (incident {row['incident']})" if row["incident"] else ""
    rule = f"by rule {row['rule']}{incident}"
    if not row["template"]:
        return f"A case for a person: customer {row['customer_id']}, {subject}, {rule}"
    return f"{sentence(A_KIND[row['kind']])[:-1]} to customer {row['customer_id']} about {subject}, {rule}"


def about(story: Story, zone: ZoneInfo) -> str:
    """`The order: placed Sun 28 Dec 2025, 12:00; promised for …; 100.00 BRL.`"""
    kind = story.trigger["subject_kind"]
    if story.subject is None:
        return f"Nothing is known about the {kind} itself yet."
    return f"The {kind}: {'; '.join(_facts(story, zone)) or 'nothing else is known yet'}."


def _facts(story: Story, zone: ZoneInfo) -> Iterator[str]:
    subject = story.subject
    if subject is None:
        return
    moments = sorted((subject[f], words) for f, words in MOMENTS.items() if subject.get(f))
    yield from (f"{words} {clock(at, zone)}" for at, words in moments)
    if promised := subject.get("promised_on"):
        yield f"promised for {day(promised)}"
    if (total := subject.get("total_amount")) is not None:
        yield f"total {money(total, subject.get('total_currency'))}"
    if severity := subject.get("severity"):
        yield f"severity {severity}"


def erased(story: Story, zone: ZoneInfo) -> str | None:
    """Said of customers who asked to be forgotten."""
    if story.customer is None or not story.customer["erased_at"]:
        return None
    at = when(story.customer["erased_at"], zone)
    return (
        f"The customer asked to be forgotten on {at}: name, address, their words and the messages "
        "to them are gone. What was done remains, by ids only."
    )
