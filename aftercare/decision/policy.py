"""policy.yml as typed data: read once, checked whole, refused with the place and the mend."""

import re
from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import yaml

from aftercare.errors import PolicyError, RuleError
from aftercare.lifecycle import Kind
from aftercare.rules.durations import duration

_DURATION = re.compile(r"^(\d+[smhdw])+$")
_WALL = re.compile(r"^\d\d:\d\d$")

Consent = Literal["always", "unless_refused", "only_if_given"]
Day = Literal["send", "hold"]


class Cap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """At most `most` messages within `within` (written `in`)."""

    most: int
    within: timedelta = msgspec.field(name="in")


class Frequency(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    overall: tuple[Cap, ...] = ()
    by_kind: dict[Kind, tuple[Cap, ...]] = {}


class OpenCases(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    hold: tuple[Kind, ...] = (Kind.CHECK_IN, Kind.SMALL_EXTRA)
    critical: str | None = None


class QuietHours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From one wall-clock time until another in the customer's zone, over midnight if need be."""

    start: time = msgspec.field(name="from")
    until: time = msgspec.field(name="until")


class Apologies(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    window: timedelta = timedelta(days=90)
    most: int = 2
    then: str | None = None


class Budget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Limits in major units of `currency`; None is no limit of that kind."""

    currency: str
    per_day: Decimal | None = None
    per_month: Decimal | None = None
    per_customer: Decimal | None = None
    codes: Literal["generated", "pool"] = "generated"
    when_empty: Literal["send_without", "hold", "person"] = "send_without"


class IncidentExtra(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: str
    fixed: Decimal
    budget: str


class Incidents(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    template: str = "apology/incident"
    extra: IncidentExtra | None = None


class Team(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    email: str
    due: timedelta = timedelta(hours=4)


class GateBounds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    bad_share: float = 0.5
    min_rows: int = 20
    volume_factor: float = 10.0
    volume_rows: int = 200


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that the decision asks besides the facts."""

    consent: dict[Kind, Consent] = {}
    open_cases: OpenCases = OpenCases()
    frequency: Frequency = Frequency()
    quiet_hours: QuietHours | None = None
    weekends: Day = "send"
    holidays: Day = "send"
    zones: dict[str, str] = {}
    apologies: Apologies = Apologies()
    budgets: dict[str, Budget] = {}
    incidents: Incidents = Incidents()
    teams: dict[str, Team] = {}
    gate: GateBounds = GateBounds()


def load_policy(path: Path) -> Policy:
    """Read and check a policy file. Raises PolicyError naming file, place and mend."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        policy = msgspec.convert(_plain(raw), Policy, strict=False)
    except OSError as error:
        raise PolicyError(f"{path} cannot be read; set AFTERCARE_POLICY") from error
    except yaml.YAMLError as error:
        raise PolicyError(f"{path} is not YAML: {str(error).splitlines()[0]}") from error
    except (msgspec.ValidationError, RuleError) as error:
        raise PolicyError(f"{path}: {error}") from error
    _check(path, policy)
    return policy


def _plain(value: Any) -> Any:
    """People write 24h and 08:00; msgspec reads timedeltas and full times."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, str) and _DURATION.match(value):
        return duration(value)
    return f"{value}:00" if isinstance(value, str) and _WALL.match(value) else value


def _check(path: Path, policy: Policy) -> None:
    for country, zone in policy.zones.items():
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise PolicyError(f"{path}: zones.{country}: {zone} is no IANA time zone") from error
    named = {
        "open_cases.critical": policy.open_cases.critical,
        "apologies.then": policy.apologies.then,
    }
    for place, team in named.items():
        if team is not None and team not in policy.teams:
            raise PolicyError(
                f"{path}: {place}: no team {team!r}; teams has {sorted(policy.teams)}"
            )
    extra = policy.incidents.extra
    if extra is not None and extra.budget not in policy.budgets:
        raise PolicyError(f"{path}: incidents.extra.budget: no budget {extra.budget!r}")
