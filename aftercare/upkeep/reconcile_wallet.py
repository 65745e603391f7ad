"""Adding up the wallet: what is reserved or spent, what the budgets count, and which codes are gone."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import Connection, func, or_, select

from aftercare.extras.size import minor
from aftercare.extras.wallet import RESERVED, periods
from aftercare.lifecycle import SETTLED, Status
from aftercare.store.tables import budgets, codes, extras, triggers

_NOTHING_LEAVES = sorted(s.value for s in SETTLED | {Status.QUARANTINED})
"""Where a trigger keeps nothing reserved: it was sent, or will not be as it stands."""

_Place = tuple[str, str, str]
"""Budget, period, currency."""


def wallet_troubles(connection: Connection, now: datetime) -> list[str]:
    """A line for each thing that does not add up; none when all does. Counters are compared for the
    day and month of care time `now`, because earlier ones pay for nothing any more."""
    return [*_kept_back(connection), *_counters(connection, now), *_stray_codes(connection)]


def _kept_back(connection: Connection) -> Iterator[str]:
    joined = extras.join(triggers, triggers.c.trigger_id == extras.c.trigger_id)
    query = select(func.count()).select_from(joined).where(extras.c.status == RESERVED)
    number = connection.execute(query.where(triggers.c.status.in_(_NOTHING_LEAVES))).scalar_one()
    if number:
        yield f"{number} extras are reserved for messages that will not leave"


def _counters(connection: Connection, now: datetime) -> Iterator[str]:
    given = _given(connection, now)
    wanted = budgets.c.period.in_(periods(now))
    counted = {
        (row.budget, row.period, row.currency): row.used_minor
        for row in connection.execute(select(budgets).where(wanted))
    }
    for place in sorted(given.keys() | counted.keys()):
        if given[place] != (used := counted.get(place, 0)):
            budget, period, currency = place
            yield (
                f"budget {budget} counts {Decimal(used) / 100:.2f} {currency} for {period}, its "
                f"extras add up to {Decimal(given[place]) / 100:.2f}"
            )


def _given(connection: Connection, now: datetime) -> Counter[_Place]:
    first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    query = select(extras).where(extras.c.reserved_at >= first)
    sums: Counter[_Place] = Counter()
    for row in connection.execute(query).mappings():
        for period in set(periods(row["reserved_at"])) & set(periods(now)):
            sums[row["budget"], period, row["currency"]] += minor(Decimal(row["amount"]))
    return sums


def _stray_codes(connection: Connection) -> Iterator[str]:
    joined = codes.outerjoin(extras, extras.c.extra_id == codes.c.extra_id)
    stray = or_(extras.c.extra_id.is_(None), extras.c.code != codes.c.code)
    query = select(func.count()).select_from(joined)
    number = connection.execute(query.where(codes.c.extra_id.is_not(None), stray)).scalar_one()
    if number:
        yield f"{number} codes are taken by an extra that does not give them"
