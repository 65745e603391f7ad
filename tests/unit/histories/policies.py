"""Policies from sensible ranges, as policy.yml would say them."""

from datetime import time, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from aftercare.decision.policy import (
    Apologies,
    Budget,
    Cap,
    Frequency,
    IncidentExtra,
    Incidents,
    OpenCases,
    Policy,
    QuietHours,
    Team,
)
from aftercare.lifecycle import Kind

TEAM = "care-team"
ZONES = {"BR": "America/Sao_Paulo", "PT": "Europe/Lisbon", "GB": "Europe/London"}

_hours = st.sampled_from([6, 24, 72, 24 * 30]).map(lambda h: timedelta(hours=h))
_caps = st.lists(st.builds(Cap, most=st.integers(1, 3), within=_hours), max_size=2).map(tuple)
_team = st.sampled_from([TEAM, None])
_days = st.sampled_from(["send", "hold"])
_money = st.none() | st.integers(5, 60).map(Decimal)

caps = st.builds(
    Frequency,
    overall=_caps,
    by_kind=st.dictionaries(st.sampled_from(list(Kind)), _caps, max_size=2),
)

quiet_hours = st.sampled_from(
    [
        None,
        QuietHours(time(21), time(8)),
        QuietHours(time(12, 30), time(15)),
        QuietHours(time(0), time(23)),
    ]
)

budget = st.builds(
    Budget,
    currency=st.just("BRL"),
    per_day=_money,
    per_month=_money,
    per_customer=_money,
    codes=st.sampled_from(["generated", "pool"]),
    when_empty=st.sampled_from(["send_without", "hold", "person"]),
)

budgets = st.fixed_dictionaries({"late-delivery": budget, "goodwill": budget, "loyalty": budget})

_few = st.integers(1, 3)
_consent = st.dictionaries(
    st.sampled_from(list(Kind)), st.sampled_from(["always", "only_if_given"]), max_size=1
)


def _policies(
    *,
    frequency: st.SearchStrategy[Frequency] = caps,
    quiet: st.SearchStrategy[QuietHours | None] = quiet_hours,
    days: st.SearchStrategy[str] = _days,
    most: st.SearchStrategy[int] = _few,
    consent: st.SearchStrategy[dict[Kind, str]] = _consent,
) -> st.SearchStrategy[Policy]:
    holding = st.lists(st.sampled_from(list(Kind)), max_size=2).map(tuple)
    window = st.sampled_from([timedelta(days=7), timedelta(days=90)])
    shared = IncidentExtra(kind="voucher", fixed=Decimal(9), budget="late-delivery")
    return st.builds(
        Policy,
        consent=consent,
        open_cases=st.builds(OpenCases, hold=holding, critical=_team),
        frequency=frequency,
        quiet_hours=quiet,
        weekends=days,
        holidays=days,
        zones=st.just(ZONES),
        apologies=st.builds(Apologies, window=window, most=most, then=_team),
        budgets=budgets,
        incidents=st.builds(Incidents, extra=st.sampled_from([None, shared])),
        teams=st.just({TEAM: Team(email="care@example.com")}),
    )


policies = _policies()

capped = _policies(quiet=st.none(), days=st.just("send"), consent=st.just({}))
"""Caps and the ledger decide, at any hour."""

discreet = _policies(frequency=st.just(Frequency()), most=st.just(20), consent=st.just({}))
"""Only the hour and the day decide."""

talkative = _policies(
    frequency=st.just(Frequency()),
    quiet=st.none(),
    days=st.just("send"),
    most=st.just(20),
    consent=st.just({}),
)
"""Nothing but truth and money holds anything back."""
