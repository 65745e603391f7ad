"""What a template gets to see. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from aftercare.decision.model import Moment
from aftercare.extras.wallet import Reserved

DEFAULT_LANGUAGE = "en"


def context(
    moment: Moment,
    *,
    extra: Reserved | None,
    again: bool,
    others: Sequence[Moment],
    today: date,
) -> Mapping[str, Any]:
    """The template context: views of the facts, the extra if there is one, the bundled others."""
    given = None
    if extra is not None:
        given = {
            "kind": extra.kind,
            "amount": extra.amount,
            "currency": extra.currency,
            "code": extra.code,
        }
    return {
        **moment.views,
        "extra": given,
        "again": again,
        "others": [dict(other.views) for other in others],
        "today": today,
    }


def language_of(moment: Moment) -> str:
    """The customer's language; English when unknown (the gate refuses unknown ones)."""
    return moment.views.get("customer", {}).get("language") or DEFAULT_LANGUAGE
