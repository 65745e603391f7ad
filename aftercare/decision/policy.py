"""policy.yml as typed data; aftercare/decision/policy_file.py reads and checks it."""

from datetime import time, timedelta
from decimal import Decimal
from typing import Literal

import msgspec

from aftercare.lifecycle import Kind

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
