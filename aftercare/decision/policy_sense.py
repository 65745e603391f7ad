"""What a policy of the right shape must also be: limits above nothing, names that exist."""

import re
from collections.abc import Collection, Iterator
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aftercare.decision.policy import Apologies, Budget, Cap, GateBounds, Policy
from aftercare.rules.extra import KINDS
from aftercare.rules.nearest import nearest

_CURRENCY = re.compile(r"^[A-Z]{3}$")
_ADDRESS = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")


def senseless(policy: Policy, templates: Collection[str] | None) -> list[str]:
    """One line a problem, with its place and its mend."""
    return [
        *_caps(policy),
        *_quiet(policy),
        *_zones(policy),
        *_apologies(policy.apologies),
        *_teams(policy),
        *_budgets(policy),
        *_incidents(policy, templates),
        *_gate(policy.gate),
    ]


def _caps(policy: Policy) -> Iterator[str]:
    lists = {"overall": policy.frequency.overall} | {
        f"by_kind.{kind}": caps for kind, caps in policy.frequency.by_kind.items()
    }
    for name, caps in lists.items():
        for number, cap in enumerate(caps, 1):
            yield from _cap(f"frequency.{name}[{number}]", cap)


def _cap(place: str, cap: Cap) -> Iterator[str]:
    if cap.most < 1:
        yield f"{place}.most: {cap.most} is less than 1; `aftercare stop KIND` sends none at all"
    if cap.within <= timedelta():
        yield f"{place}.in: needs a duration above nothing, e.g. 24h"


def _quiet(policy: Policy) -> Iterator[str]:
    quiet = policy.quiet_hours
    if quiet is not None and quiet.start == quiet.until:
        yield (
            "quiet_hours: `from` and `until` are the same; leave quiet_hours out for none, "
            "`aftercare stop KIND` sends none at all"
        )


def _zones(policy: Policy) -> Iterator[str]:
    for country, zone in policy.zones.items():
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            yield f"zones.{country}: {zone} is no IANA time zone, as America/Sao_Paulo"


def _apologies(apologies: Apologies) -> Iterator[str]:
    if apologies.most < 1:
        yield f"apologies.most: {apologies.most} is less than 1"
    if apologies.window <= timedelta():
        yield "apologies.window: needs a duration above nothing, e.g. 90d"


def _teams(policy: Policy) -> Iterator[str]:
    for name, team in policy.teams.items():
        if not _ADDRESS.match(team.email):
            yield f"teams.{name}.email: {team.email!r} is no address"
    called = {
        "open_cases.critical": policy.open_cases.critical,
        "apologies.then": policy.apologies.then,
    }
    for place, team_name in called.items():
        if team_name is not None and team_name not in policy.teams:
            yield f"{place}: no team {team_name}{nearest(team_name, policy.teams)}"


def _budgets(policy: Policy) -> Iterator[str]:
    somebody = policy.apologies.then or policy.open_cases.critical
    for name, budget in policy.budgets.items():
        yield from _budget(f"budgets.{name}", budget)
        if budget.when_empty == "person" and somebody is None:
            yield f"budgets.{name}.when_empty: person needs a team in apologies.then"


def _budget(place: str, budget: Budget) -> Iterator[str]:
    if not _CURRENCY.match(budget.currency):
        yield f"{place}.currency: {budget.currency!r} is no ISO 4217 code, as BRL"
    for field in ("per_day", "per_month", "per_customer"):
        limit: Decimal | None = getattr(budget, field)
        if limit is not None and limit <= 0:
            yield f"{place}.{field}: {limit} is not above 0; leave it out for no limit"


def _incidents(policy: Policy, templates: Collection[str] | None) -> Iterator[str]:
    template, extra = policy.incidents.template, policy.incidents.extra
    if templates is not None and template not in templates:
        yield f"incidents.template: no template {template}{nearest(template, templates)}"
    if extra is None:
        return
    if extra.budget not in policy.budgets:
        yield f"incidents.extra.budget: no budget {extra.budget}{nearest(extra.budget, policy.budgets)}"
    if extra.kind not in KINDS:
        yield f"incidents.extra.kind: {extra.kind!r} is not one of {', '.join(sorted(KINDS))}"
    if extra.fixed <= 0:
        yield f"incidents.extra.fixed: {extra.fixed} is not above 0"


def _gate(gate: GateBounds) -> Iterator[str]:
    if not 0 < gate.bad_share <= 1:
        yield f"gate.bad_share: {gate.bad_share:g} is no share; write more than 0 and at most 1"
    for field in ("min_rows", "volume_factor", "volume_rows"):
        if getattr(gate, field) < 1:
            yield f"gate.{field}: {getattr(gate, field):g} is less than 1"
