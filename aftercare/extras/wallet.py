"""The goodwill wallet: reserve, give back, spend; never an overdraft.

A budget is a counter a period (day, month, and 30 days a customer). Taking is one statement that
adds only where the sum stays within the limit, in the caller's transaction: two workers cannot both
take the last coin, and a rollback gives everything back.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection, func, insert, select, update

from aftercare.decision.policy import Budget
from aftercare.extras.codes import CodeProvider
from aftercare.extras.size import minor
from aftercare.ids import extra_id as id_of
from aftercare.store.engine import is_postgres
from aftercare.store.tables import budgets, codes, extras
from aftercare.store.upsert import insert_new

RESERVED, SPENT = "reserved", "spent"


@dataclass(frozen=True)
class Reserved:
    """An extra that is set aside for a trigger; `code` is None for kinds without one."""

    extra_id: str
    kind: str
    amount: Decimal
    currency: str
    code: str | None


@dataclass(frozen=True)
class Refused:
    """Why nothing could be reserved."""

    words: str


def reserve(
    connection: Connection,
    *,
    trigger_id: str,
    customer_id: str,
    kind: str,
    name: str,
    budget: Budget,
    amount: Decimal,
    now: datetime,
    provider: CodeProvider,
) -> Reserved | Refused:
    """Set an extra aside, once a trigger: asking again answers with what is reserved already."""
    if (known := of_trigger(connection, trigger_id)) is not None:
        return known
    refused = _customer_limit(connection, customer_id, name, budget, amount, now)
    refused = refused or _take(connection, name, budget, amount, now)
    if refused is not None:
        return refused
    extra_id = id_of(trigger_id)
    code = _code(connection, extra_id, budget, name, amount, provider)
    if code is None:
        _give_back(connection, name, budget.currency, amount, now)
        return Refused(f"the pool of codes for {name} has none left ({amount} {budget.currency})")
    connection.execute(
        insert(extras).values(
            extra_id=extra_id,
            trigger_id=trigger_id,
            customer_id=customer_id,
            budget=name,
            kind=kind,
            amount=str(amount),
            currency=budget.currency,
            code=code,
            status=RESERVED,
            reserved_at=now,
        )
    )
    return Reserved(extra_id, kind, amount, budget.currency, code)


def of_trigger(connection: Connection, trigger_id: str) -> Reserved | None:
    """What is reserved or spent for a trigger."""
    query = select(extras).where(extras.c.trigger_id == trigger_id)
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    return Reserved(
        row["extra_id"], row["kind"], Decimal(row["amount"]), row["currency"], row["code"]
    )


def spend(connection: Connection, trigger_id: str) -> None:
    """The provider accepted the message: what was reserved is given."""
    where = (extras.c.trigger_id == trigger_id) & (extras.c.status == RESERVED)
    connection.execute(update(extras).where(where).values(status=SPENT))


def release(connection: Connection, trigger_id: str) -> None:
    """The message will not leave: the money and the code go back. Safe to call again."""
    query = select(extras).where(extras.c.trigger_id == trigger_id, extras.c.status == RESERVED)
    row = connection.execute(query).mappings().first()
    if row is None:
        return
    connection.execute(extras.delete().where(extras.c.extra_id == row["extra_id"]))
    connection.execute(
        update(codes).where(codes.c.extra_id == row["extra_id"]).values(extra_id=None)
    )
    _give_back(
        connection, row["budget"], row["currency"], Decimal(row["amount"]), row["reserved_at"]
    )


def periods(now: datetime) -> tuple[str, str]:
    """The day and the month (UTC) that a reservation counts in."""
    utc = now.astimezone(UTC)
    return f"{utc:%Y-%m-%d}", f"{utc:%Y-%m}"


def _take(
    connection: Connection, name: str, budget: Budget, amount: Decimal, now: datetime
) -> Refused | None:
    limits = zip(periods(now), (budget.per_day, budget.per_month), strict=True)
    taken: list[str] = []
    for period, limit in limits:
        if not _add(connection, name, period, budget.currency, minor(amount), limit):
            for earlier in taken:
                _add(connection, name, earlier, budget.currency, -minor(amount), None)
            return Refused(f"budget {name} has nothing left for {period}")
        taken.append(period)
    return None


def _add(
    connection: Connection, name: str, period: str, currency: str, by: int, limit: Decimal | None
) -> bool:
    key = {"budget": name, "period": period, "currency": currency}
    insert_new(connection, budgets, [key | {"used_minor": 0}])
    where = (budgets.c.budget == name) & (budgets.c.period == period)
    where &= budgets.c.currency == currency
    if limit is not None:
        where &= budgets.c.used_minor + by <= minor(limit)
    done = connection.execute(
        update(budgets).where(where).values(used_minor=budgets.c.used_minor + by)
    )
    return done.rowcount == 1


def _give_back(
    connection: Connection, name: str, currency: str, amount: Decimal, reserved_at: datetime
) -> None:
    for period in periods(reserved_at):
        _add(connection, name, period, currency, -minor(amount), None)


def _customer_limit(
    connection: Connection,
    customer_id: str,
    name: str,
    budget: Budget,
    amount: Decimal,
    now: datetime,
) -> Refused | None:
    if budget.per_customer is None:
        return None
    since = now - timedelta(days=30)
    query = select(extras.c.amount).where(
        extras.c.customer_id == customer_id,
        extras.c.budget == name,
        extras.c.currency == budget.currency,
        extras.c.reserved_at > since,
    )
    had = sum((Decimal(a) for a in connection.execute(query).scalars()), Decimal(0))
    if had + amount <= budget.per_customer:
        return None
    return Refused(f"the customer's limit of budget {name} within 30 days is reached")


def _code(
    connection: Connection,
    extra_id: str,
    budget: Budget,
    name: str,
    amount: Decimal,
    provider: CodeProvider,
) -> str | None:
    if budget.codes == "generated":
        return provider.create(extra_id, amount, budget.currency)
    worth = (codes.c.amount == str(amount)) & (codes.c.currency == budget.currency)
    free = select(codes.c.code).where(codes.c.pool == name, codes.c.extra_id.is_(None))
    free = free.where(codes.c.amount.is_(None) | worth)
    # Those that fit every amount are kept for the amounts that nothing else fits.
    free = free.order_by(codes.c.amount.is_(None), codes.c.code).limit(1)
    if is_postgres(connection):
        free = free.with_for_update(skip_locked=True)
    code = connection.execute(free).scalar()
    if code is not None:
        connection.execute(update(codes).where(codes.c.code == code).values(extra_id=extra_id))
    return code


def used(connection: Connection, name: str, period: str, currency: str) -> int:
    """Minor units of a currency reserved or spent from a budget in a period."""
    query = select(func.coalesce(func.sum(budgets.c.used_minor), 0))
    query = query.where(budgets.c.budget == name, budgets.c.period == period)
    query = query.where(budgets.c.currency == currency)
    return int(connection.execute(query).scalar_one())
