"""How a budget stands, and when it runs out at this pace."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import ColumnElement, Connection, func, select

from aftercare.decision.policy import Budget
from aftercare.extras.wallet import periods, used
from aftercare.store.tables import codes, extras

_PACE = timedelta(days=7)
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class BudgetStatus:
    """Amounts in `currency`, major units; what the budget gave in another one before its currency was
    changed is not in them. Spent and reserved are this month's (UTC), so that with
    `left_month` they add up to the month's limit; None where there is no limit or no pool.

    `a_day` is the pace: what was reserved within the last seven days, by the days since the first
    reservation among all (seven at most, one at least). `runs_out` is the day on which the month's
    rest is used up at this pace, None when that is not this month; `codes_out` the day on which the
    pool is empty at the pace of codes, None when nothing is given.
    """

    budget: str
    currency: str
    spent: Decimal
    reserved: Decimal
    left_today: Decimal | None
    left_month: Decimal | None
    a_day: Decimal
    runs_out: date | None
    codes_left: int | None
    codes_out: date | None


@dataclass(frozen=True)
class _Pace:
    """Money and extras a day."""

    money: Decimal
    extras: Decimal


def budget_status(connection: Connection, name: str, budget: Budget, now: datetime) -> BudgetStatus:
    """How one budget stands at care time `now` (aware)."""
    day, month = periods(now)
    mine = (extras.c.budget == name) & (extras.c.currency == budget.currency)
    pace = _pace(connection, mine, now)
    left_month = _left(budget.per_month, used(connection, name, month, budget.currency))
    pool = _codes_left(connection, name) if budget.codes == "pool" else None
    return BudgetStatus(
        name,
        budget.currency,
        _sum(connection, mine, "spent", month),
        _sum(connection, mine, "reserved", month),
        _left(budget.per_day, used(connection, name, day, budget.currency)),
        left_month,
        pace.money.quantize(_CENT),
        _this_month(_out(left_month, pace.money, now), now),
        pool,
        _out(None if pool is None else Decimal(pool), pace.extras, now),
    )


def _left(limit: Decimal | None, used_minor: int) -> Decimal | None:
    return None if limit is None else limit - Decimal(used_minor) / 100


def _sum(connection: Connection, mine: ColumnElement[bool], status: str, month: str) -> Decimal:
    query = select(extras.c.amount, extras.c.reserved_at)
    query = query.where(mine, extras.c.status == status)
    rows = connection.execute(query)
    return sum((Decimal(a) for a, at in rows if periods(at)[1] == month), Decimal(0))


def _pace(connection: Connection, mine: ColumnElement[bool], now: datetime) -> _Pace:
    first = connection.execute(select(func.min(extras.c.reserved_at)).where(mine)).scalar()
    query = select(extras.c.amount).where(mine, extras.c.reserved_at > now - _PACE)
    given = [Decimal(amount) for amount in connection.execute(query).scalars()]
    if first is None or not given:
        return _Pace(Decimal(0), Decimal(0))
    days = Decimal(min(max(now - first, timedelta(days=1)), _PACE) / timedelta(days=1))
    return _Pace(sum(given, Decimal(0)) / days, Decimal(len(given)) / days)


def _out(left: Decimal | None, a_day: Decimal, now: datetime) -> date | None:
    if left is None or a_day <= 0:
        return None
    days = min(max(left, Decimal(0)) / a_day, Decimal(36_500))
    return (now + timedelta(days=float(days))).date()


def _this_month(day: date | None, now: datetime) -> date | None:
    return day if day is not None and (day.year, day.month) == (now.year, now.month) else None


def _codes_left(connection: Connection, name: str) -> int:
    query = select(func.count()).select_from(codes).where(codes.c.pool == name)
    return int(connection.execute(query.where(codes.c.extra_id.is_(None))).scalar_one())
