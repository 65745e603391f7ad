"""Rows as a table: one row a trigger, one column a fact that an expectation speaks of."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from aftercare.gate.model import Row

COLUMNS = (
    "email",
    "first_name",
    "name",
    "language",
    "placed_at",
    "shipped_at",
    "delivered_at",
    "opened_at",
    "resolved_at",
    "total",
    "currency",
    "refund",
    "refund_currency",
    "future",
    "missing",
)
_DATES = ("placed_at", "shipped_at", "delivered_at", "opened_at", "resolved_at")
_SKEW = timedelta(minutes=5)
"""Clocks of other machines may run a little ahead."""


def record(row: Row) -> dict[str, Any]:
    """The columns of one row; a fact that is not known is None."""
    customer, order = row.views.get("customer", {}), row.views.get("order", {})
    case = row.views.get("complaint") or row.views.get("ticket") or {}
    return {
        "email": _text(customer.get("email")),
        "first_name": _text(customer.get("first_name")),
        "name": _text(customer.get("name")),
        "language": _text(customer.get("language")),
        "placed_at": order.get("placed_at"),
        "shipped_at": order.get("shipped_at"),
        "delivered_at": order.get("delivered_at"),
        "opened_at": case.get("opened_at"),
        "resolved_at": case.get("resolved_at"),
        "total": _number(order.get("total")),
        "currency": order.get("currency"),
        "refund": _number(order.get("refund")),
        "refund_currency": order.get("refund_currency"),
        "future": _future(row),
        "missing": _missing(row),
    }


def frame(rows: Sequence[Row]) -> Any:
    """A pandas DataFrame of the rows, `trigger_id` first."""
    import pandas as pd

    table = pd.DataFrame(
        [{"trigger_id": row.trigger_id, **record(row)} for row in rows],
        columns=["trigger_id", *COLUMNS],
    )
    for column in _DATES:
        # UTC without a zone: Great Expectations takes bare arrays, which hold none.
        table[column] = pd.to_datetime(table[column], utc=True).dt.tz_convert(None)
    return table


def row_hash(row: Row) -> str:
    """16 hex digits of everything that the verdict depends on."""
    text = json.dumps([row.rule, record(row)], default=str, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _text(value: Any) -> str | None:
    """Text that can be encoded: half a surrogate pair would end the whole batch, so it is written
    as a backslash escape, which no name and no address may hold."""
    return None if value is None else str(value).encode("utf-8", "backslashreplace").decode()


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _future(row: Row) -> str | None:
    """Which facts lie in the future, by name."""
    found = []
    for kind, fields in sorted(row.views.items()):
        for name, value in fields.items():
            if isinstance(value, datetime) and value > row.now + _SKEW:
                found.append(f"{kind}.{name}")
    return ", ".join(found) or None


def _missing(row: Row) -> str | None:
    """Which facts that the template needs are not known, by name."""
    return ", ".join(n for n in row.needs if _empty(row.views, n)) or None


def _empty(views: Mapping[str, Mapping[str, Any]], need: str) -> bool:
    kind, _, field = need.partition(".")
    value = views.get(kind, {}).get(field)
    return value is None or (not isinstance(value, int | float | date) and not str(value).strip())
