"""How a budget stands, and when it runs out at this pace."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection, func, select

from aftercare.decision.policy import Budget
from aftercare.extras.wallet import periods, used
from aftercare.store.tables import codes, extras

_PACE_DAYS = 7


@dataclass(frozen=True)
class BudgetStatus:
    """Amounts in `currency`, major units; None where there is no limit or no pool."""

    budget: str
    currency: str
    spent: Decimal
    reserved: Decimal
    left_today: Decimal | None
    left_month: Decimal | None
    runs_out: date | None
    codes_left: int | None


def budget_status(connection: Connection, name: str, budget: Budget, now: datetime) -> BudgetStatus:
    """Spent and reserved over all time; what is left of this day and month (UTC)."""
    day, month = periods(now)
    left_month = _left(budget.per_month, used(connection, name, month))
    return BudgetStatus(
        name,
        budget.currency,
        _sum(connection, name, "spent"),
        _sum(connection, name, "reserved"),
        _left(budget.per_day, used(connection, name, day)),
        left_month,
        _runs_out(left_month, _pace(connection, name, now), now),
        _codes_left(connection, name) if budget.codes == "pool" else None,
    )


def _left(limit: Decimal | None, used_minor: int) -> Decimal | None:
    return None if limit is None else limit - Decimal(used_minor) / 100


def _sum(connection: Connection, name: str, status: str) -> Decimal:
    query = select(extras.c.amount).where(extras.c.budget == name, extras.c.status == status)
    return sum((Decimal(a) for a in connection.execute(query).scalars()), Decimal(0))


def _pace(connection: Connection, name: str, now: datetime) -> Decimal:
    """Average a day over the last week."""
    since = now - timedelta(days=_PACE_DAYS)
    query = select(extras.c.amount).where(extras.c.budget == name, extras.c.reserved_at > since)
    total = sum((Decimal(a) for a in connection.execute(query).scalars()), Decimal(0))
    return total / _PACE_DAYS


def _runs_out(left: Decimal | None, pace: Decimal, now: datetime) -> date | None:
    if left is None or pace <= 0:
        return None
    day = (now + timedelta(days=float(left / pace))).date()
    return day if day.month == now.month and day.year == now.year else None


def _codes_left(connection: Connection, name: str) -> int:
    query = select(func.count()).select_from(codes).where(codes.c.pool == name)
    return int(connection.execute(query.where(codes.c.extra_id.is_(None))).scalar_one())
