"""The `extra` of a rule: what is given with its message."""

from collections.abc import Collection
from decimal import Decimal, InvalidOperation
from typing import Any

from aftercare.errors import RuleError
from aftercare.rules.cel_check import Names
from aftercare.rules.model import Extra
from aftercare.rules.reader import Reader

FIELDS = frozenset({"kind", "budget", "fixed", "percent_of", "percent", "min", "max"})
KINDS = frozenset({"voucher", "credit", "gift"})


def read_extra(rule: Reader, own: Names, budgets: Collection[str] | None) -> Extra | None:
    """The rule's extra; None when it has none or it cannot be read."""
    raw = rule.raw.get("extra")
    if raw is None:
        return None
    if not isinstance(raw, dict):
        rule.wrong("extra", "is a mapping, as {kind: voucher, fixed: 10, budget: goodwill}")
        return None
    reader = Reader(f"{rule.place}.extra", raw, rule.problems)
    reader.only(FIELDS)
    _check_shape(rule, reader)
    extra = Extra(
        kind=reader.name("kind", "kind of extra", KINDS) or "voucher",
        budget=reader.name("budget", "budget", budgets) or "",
        fixed=reader.read("fixed", _positive, None),
        percent_of=reader.condition("percent_of", own, "amount"),
        percent=reader.read("percent", _percent, None),
        min=reader.read("min", _positive, None),
        max=reader.read("max", _positive, None),
    )
    if extra.min is not None and extra.max is not None and extra.min > extra.max:
        reader.wrong("min", f"{extra.min} is more than `max`, {extra.max}")
    return extra


def _check_shape(rule: Reader, reader: Reader) -> None:
    raw = reader.raw
    if ("fixed" in raw) == ("percent" in raw) or ("percent" in raw) != ("percent_of" in raw):
        rule.wrong("extra", "needs either `fixed` or `percent_of` with `percent`")
    if "budget" not in raw:
        reader.wrong("budget", "is missing; an extra is paid from a budget of policy.yml")


def _positive(value: Any) -> Decimal | None:
    try:
        found = Decimal(str(value))
    except InvalidOperation as error:
        raise RuleError(f"{value!r} is not a number") from error
    if not found.is_finite() or not 0 < found < 1_000_000:
        raise RuleError(f"{value!r} is not between 0 and a million")
    return found


def _percent(value: Any) -> Decimal | None:
    found = _positive(value)
    if found is not None and found > 100:
        raise RuleError(f"{value!r} is more than 100")
    return found
