"""Made-up facts in which nothing is missing: for trying expressions, never for anything else."""

from datetime import UTC, date, datetime
from functools import cache
from typing import Any, get_args
from zoneinfo import ZoneInfo

import msgspec

from aftercare.facts.model import KINDS, Facts
from aftercare.facts.view import CUSTOMER_COUNTS, for_cel, view

_MOMENT = datetime(2020, 1, 2, 15, 0, tzinfo=UTC)
_ITEM = {"name": "a thing", "quantity": 1, "price": {"amount": "1", "currency": "BRL"}}
_VALUES: dict[Any, Any] = {
    str: "1",  # text that is also an amount
    int: 1,
    bool: True,
    datetime: _MOMENT,
    date: _MOMENT.date(),
    list[dict[str, Any]]: [_ITEM],
    dict[str, str]: {},
}


@cache
def made_up() -> dict[str, Any]:
    """Views of every kind as facts.view.for_cel gives them; no fact in them is None."""
    zone = ZoneInfo("UTC")
    views = {kind: view(_facts(cls), zone) for kind, cls in KINDS.items()}
    views["customer"] |= dict.fromkeys(CUSTOMER_COUNTS, 1)
    return for_cel(views, zone)


def _facts(cls: type[Facts]) -> Facts:
    return cls(**{f.name: _value(f.type) for f in msgspec.structs.fields(cls)})


def _value(annotation: Any) -> Any:
    if annotation in _VALUES:
        return _VALUES[annotation]
    return next(_VALUES[option] for option in get_args(annotation) if option in _VALUES)
