"""A customer's story for the person who takes over: what happened, in order, in plain words."""

from datetime import datetime
from zoneinfo import ZoneInfo

from aftercare.decision.model import Moment, Trigger
from aftercare.trace.words import A_KIND

MOMENTS = {
    "placed_at": "ordered",
    "shipped_at": "shipped",
    "delivered_at": "delivered",
    "damaged_at": "reported as damaged",
    "cancelled_at": "cancelled",
    "refunded_at": "refunded",
    "opened_at": "opened",
    "updated_at": "updated",
    "contacted_at": "contacted by us",
    "resolved_at": "resolved",
    "reopened_at": "opened again",
    "rated_at": "rated",
}


def story(trigger: Trigger, moment: Moment, zone: ZoneInfo) -> str:
    """Lines of `day time  what happened`, oldest first, then what was said and what is open."""
    happened: list[tuple[datetime, str]] = []
    for kind in ("order", "complaint", "ticket"):
        facts = moment.views.get(kind, {})
        name = f"{kind} {facts.get(f'{kind}_id', '')}"
        happened += [(facts[f], f"{name} {w}") for f, w in MOMENTS.items() if facts.get(f)]
    happened += [(s.at, f"we sent {A_KIND[s.kind]} about {s.subject_id}") for s in moment.spoken]
    lines = [f"{at.astimezone(zone):%Y-%m-%d %H:%M}  {words}" for at, words in sorted(happened)]
    lines += [f"open: {case.kind} {case.case_id}" for case in moment.open_cases]
    subject = moment.views.get(trigger.subject_kind, {})
    if subject.get("promised_on"):
        lines.insert(0, f"promised for {subject['promised_on']:%Y-%m-%d}")
    if subject.get("comment"):
        lines.append(f"the customer wrote: {subject['comment']}")
    return "\n".join(lines)
