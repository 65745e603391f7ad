"""How much to give: sized by what the customer lost. Pure."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from aftercare.facts.view import for_cel
from aftercare.rules.model import Extra

_CENT = Decimal("0.01")


def size(extra: Extra, views: Mapping[str, Mapping[str, Any]], zone: ZoneInfo) -> Decimal | None:
    """The amount in the order's currency: fixed, or a percentage within min and max, rounded to
    cents. None when what it is a percentage of is not known, or would be nothing."""
    if extra.fixed is not None:
        return extra.fixed.quantize(_CENT)
    if extra.percent_of is None or extra.percent is None:
        return None
    base = extra.percent_of.value(for_cel({k: dict(v) for k, v in views.items()}, zone))
    if not isinstance(base, int | float) or base <= 0:
        return None
    amount = Decimal(str(base)) * extra.percent / 100
    amount = max(amount, extra.min) if extra.min is not None else amount
    amount = min(amount, extra.max) if extra.max is not None else amount
    return amount.quantize(_CENT, ROUND_HALF_UP)


def minor(amount: Decimal) -> int:
    """Cents, as the counters count them."""
    return int((amount * 100).to_integral_value(ROUND_HALF_UP))
