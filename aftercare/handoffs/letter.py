"""The mail to the team: who, what happened, what to say, until when, how to close it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape
from sqlalchemy import RowMapping

from aftercare.facts.model import Customer
from aftercare.message import Address, Mail
from aftercare.templating.model import Brand
from aftercare.templating.plain import WIDTH
from aftercare.trace.words import language, when

_NO_DRAFT = "Nothing is prepared for this one: write as you would wish to be written to."


@dataclass(frozen=True)
class Section:
    """A heading with what stands below it."""

    title: str
    text: str
    draft: bool = False


def letter(row: RowMapping, customer: Customer | None, to: str, brand: Brand) -> Mail:
    """The mail about one hand-off; `row` also tells the `subject_kind` that it is about."""
    sections = list(_sections(row, customer))
    words = {
        "subject": _subject(row, customer, brand.zone),
        "due": when(row["due_at"], brand.zone),
        "reason": f"{_sentence(row['reason'])} It concerns {row['subject_kind']} {row['subject_id']}.",
        "sections": sections,
        "command": f"aftercare handoffs close {row['handoff_id']} --by YOU",
        "handoff_id": row["handoff_id"],
        "case": row["subject_kind"] if row["subject_kind"] in ("complaint", "ticket") else "",
    }
    ours = Address(brand.email, brand.name)
    return Mail(
        follow_up_id=row["handoff_id"],
        kind="handoff",
        rule="handoff",
        language="en",
        to=Address(to, row["team"]),
        sender=ours,
        reply_to=ours,
        subject=str(words["subject"]),
        preheader=row["reason"],
        html=_template("letter.html").render(words, brand=brand),
        text=_template("letter.txt").render(words),
    )


def _sections(row: RowMapping, customer: Customer | None) -> Iterator[Section]:
    yield Section("Who", _who(row, customer))
    yield Section("What happened", row["story"] or "(cleared)")
    if row["draft"] is None:
        yield Section("What to say", _NO_DRAFT)
    else:
        yield Section("What to say: a draft to make your own", row["draft"].strip(), draft=True)


def _who(row: RowMapping, customer: Customer | None) -> str:
    if customer is not None and customer.erased_at is not None:
        return f"Customer {row['customer_id']}, who asked to be forgotten: do not write to them."
    lines = [f"Customer {row['customer_id']}"]
    if customer is not None:
        name = " ".join(n for n in (customer.first_name, customer.last_name) if n)
        lines = [f"{name}, customer {row['customer_id']}" if name else lines[0]]
        lines += [customer.email] if customer.email else []
        lines += [f"reads {language(customer.language)}"] if customer.language else []
    return "\n".join(lines)


def _subject(row: RowMapping, customer: Customer | None, zone: ZoneInfo) -> str:
    name = customer.first_name if customer and customer.first_name else "customer"
    due = row["due_at"].astimezone(zone)
    return f"{name} ({row['customer_id']}) needs a person by {due:%a} {due.day} {due:%b, %H:%M}"


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:].rstrip('.')}."


def flowing(text: str) -> str:
    """Text without the line ends that only kept it narrow: a phone breaks lines by itself."""
    lines: list[str] = []
    last = ""
    for line in text.split("\n"):
        first = line.split(" ", 1)[0]
        if last and line and len(last) + 1 + len(first) > WIDTH:
            lines[-1] += f" {line}"
        else:
            lines.append(line)
        last = line
    return "\n".join(lines)


@lru_cache
def _template(name: str) -> Template:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["flowing"] = flowing
    return made.get_template(name)
