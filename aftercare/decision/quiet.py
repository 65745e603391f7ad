"""When a customer may be written to: quiet hours, weekends, public holidays, in their own zone."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays

from aftercare.decision.policy import Policy, QuietHours

_DAYS_AHEAD = 30


def zone_of(time_zone: str | None, country: str | None, policy: Policy, shop: ZoneInfo) -> ZoneInfo:
    """The customer's zone; their country's by policy when unknown or wrong; the shop's at last."""
    for name in (time_zone, policy.zones.get(country or "")):
        try:
            if name:
                return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return shop


def free_from(now: datetime, zone: ZoneInfo, country: str | None, policy: Policy) -> datetime:
    """The first moment from `now` on (aware, UTC) at which writing is allowed; `now` itself if so.

    Walks forward from wall-clock boundary to boundary, so that a day of 23 or 25 hours is right.
    """
    moment = now
    for _ in range(3 * _DAYS_AHEAD):
        later = _next(moment.astimezone(zone), country, policy)
        if later is None:
            return moment.astimezone(UTC)
        moment = later.astimezone(UTC)
    return moment


def words(now: datetime, zone: ZoneInfo, country: str | None, policy: Policy) -> str:
    """Why nothing may be written at `now`: the day, or the hour."""
    local = now.astimezone(zone)
    if policy.weekends == "hold" and local.weekday() >= 5:
        return f"it is the weekend in {zone.key}"
    if _day_is_quiet(local.date(), country, policy):
        return f"it is a public holiday in {country}"
    quiet = policy.quiet_hours
    hours = f" ({quiet.start:%H:%M} to {quiet.until:%H:%M})" if quiet else ""
    return f"these are quiet hours in {zone.key}{hours}"


def _next(local: datetime, country: str | None, policy: Policy) -> datetime | None:
    """None when `local` is allowed, else the next boundary worth asking again at."""
    if _day_is_quiet(local.date(), country, policy):
        return _at(local.date() + timedelta(days=1), time(0), local)
    if policy.quiet_hours is None:
        return None
    return _after_quiet(local, policy.quiet_hours)


def _after_quiet(local: datetime, quiet: QuietHours) -> datetime | None:
    wall, today = local.time(), local.date()
    if quiet.start <= quiet.until:
        return _at(today, quiet.until, local) if quiet.start <= wall < quiet.until else None
    if wall >= quiet.start:
        return _at(today + timedelta(days=1), quiet.until, local)
    return _at(today, quiet.until, local) if wall < quiet.until else None


def _at(day: date, wall: time, local: datetime) -> datetime:
    # Through UTC, so that a wall-clock time skipped by daylight saving becomes the one after it.
    naive = datetime.combine(day, wall, tzinfo=local.tzinfo)
    return naive.astimezone(UTC).astimezone(local.tzinfo)


def _day_is_quiet(day: date, country: str | None, policy: Policy) -> bool:
    if policy.weekends == "hold" and day.weekday() >= 5:
        return True
    return policy.holidays == "hold" and day in _holidays(country or "", day.year)


@lru_cache(maxsize=512)
def _holidays(country: str, year: int) -> frozenset[date]:
    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError:
        return frozenset()
