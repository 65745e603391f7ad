"""The laws that hold in every history, each computed anew from what the provider accepted."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import holidays
from sqlalchemy import Table, select

from aftercare.lifecycle import CLAIMABLE, LEASED, Kind, Status
from aftercare.store.engine import reading
from aftercare.store.tables import (
    budgets,
    codes,
    customers,
    extras,
    failed_expectations,
    follow_ups,
    handoffs,
    trace,
    triggers,
)
from aftercare.upkeep.reconcile import reconcile
from tests.unit.histories.life import Life

Row = dict[str, Any]


def rows(life: Life, table: Table) -> list[Row]:
    with reading(life.engine) as connection:
        return [dict(row) for row in connection.execute(select(table)).mappings()]


def messages(life: Life) -> list[Row]:
    """What the provider accepted: the follow-up's row, with the moment of acceptance."""
    known = {row["follow_up_id"]: row for row in rows(life, follow_ups)}
    return [
        known[each.mail.follow_up_id] | {"at": each.at, "mail": each.mail}
        for each in life.post.accepted
    ]


def caps_are_kept(life: Life) -> None:
    """In no window is there more than the policy allows; exempt rules take no room."""
    frequency = life.parts.policy.frequency
    counted = [m for m in messages(life) if not life.parts.rulebook.rules[m["rule"]].exempt]
    for customer in {m["customer_id"] for m in counted}:
        mine = [m for m in counted if m["customer_id"] == customer]
        for cap in frequency.overall:
            _at_most(cap.most, cap.within, mine)
        for kind, caps in frequency.by_kind.items():
            for cap in caps:
                _at_most(cap.most, cap.within, [m for m in mine if m["kind"] == kind])


def apologies_are_rationed(life: Life) -> None:
    """Past the ledger's number an apology goes to a person; an exempt one is not counted."""
    ledger = life.parts.policy.apologies
    if ledger.then is None:
        return
    counted = [m for m in messages(life) if not life.parts.rulebook.rules[m["rule"]].exempt]
    apologies = [m for m in counted if m["kind"] == Kind.APOLOGY]
    for customer in {m["customer_id"] for m in apologies}:
        _at_most(ledger.most, ledger.window, [m for m in apologies if m["customer_id"] == customer])


def _at_most(most: int, within: timedelta, sent: Iterable[Row]) -> None:
    times = sorted(m["at"] for m in sent)
    for first, one_too_many in zip(times, times[most:], strict=False):
        assert one_too_many - first >= within, f"{most + 1} messages within {within}: {times}"


def nothing_disturbs(life: Life) -> None:
    """Nothing is sent in quiet hours, weekends or holidays where the customer lives."""
    for message in messages(life):
        customer = message["customer_id"]
        home = life.homes[int(customer[1:])]
        local = message["at"].astimezone(_zone(life, home.country, home.time_zone))
        _not_quiet(life, local)
        if life.parts.policy.weekends == "hold":
            assert local.isoweekday() < 6, f"sent on a weekend: {local}"
        if life.parts.policy.holidays == "hold" and home.country:
            assert local.date() not in holidays.country_holidays(home.country, years=local.year)


def _zone(life: Life, country: str | None, told: str | None) -> ZoneInfo:
    if told in available_timezones():
        return ZoneInfo(told or "")
    by_country = life.parts.policy.zones.get(country or "")
    return ZoneInfo(by_country) if by_country else life.parts.zone


def _not_quiet(life: Life, local: datetime) -> None:
    quiet = life.parts.policy.quiet_hours
    if quiet is None:
        return
    wall = local.time()
    over_midnight = quiet.start > quiet.until
    evening, morning = wall >= quiet.start, wall < quiet.until
    within = (evening or morning) if over_midnight else (evening and morning)
    assert not within, f"sent in quiet hours: {local}"
    assert quiet.start != time(0) or not within


def nothing_is_said_twice(life: Life) -> None:
    """For one (customer, subject, cause) at most one mail is accepted, bundled ones included."""
    known = rows(life, triggers)
    said: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
    for message in messages(life):
        said[message["customer_id"], message["subject_id"], message["cause"]].add(
            message["follow_up_id"]
        )
    accepted = {m["follow_up_id"] for m in messages(life)}
    for trigger in known:
        if trigger["status"] in ("bundled", "sent") and trigger["follow_up_id"] in accepted:
            care = trigger["customer_id"], trigger["subject_id"], trigger["cause"]
            said[care].add(trigger["follow_up_id"])
    assert {care: ids for care, ids in said.items() if len(ids) > 1} == {}
    mails = Counter(each.mail.follow_up_id for each in life.post.accepted)
    assert [mail for mail, times in mails.items() if times > 1] == []


def no_is_no(life: Life) -> None:
    """Nobody who refused, bounced or was erased gets anything afterwards."""
    consent = life.parts.policy.consent
    people = {row["customer_id"]: row for row in rows(life, customers)}
    for message in messages(life):
        person = people[message["customer_id"]]
        for since in (person["erased_at"], person["suppressed_at"]):
            assert since is None or message["at"] <= since
        if consent.get(Kind(message["kind"]), "unless_refused") == "always":
            continue
        if person[f"consent_{message['kind']}"] is False:
            stamp = person["versions"][f"consent_{message['kind']}"].partition("|")[0]
            refused = datetime.fromisoformat(stamp).replace(tzinfo=UTC)
            assert message["at"] <= refused


def money_adds_up(life: Life) -> None:
    """No limit is overdrawn, and what is reserved or spent is what messages promise."""
    given = rows(life, extras)
    _counters_match(life, given)
    for name, budget in life.parts.policy.budgets.items():
        mine = [row for row in given if row["budget"] == name]
        limits = (("%Y-%m-%d", budget.per_day), ("%Y-%m", budget.per_month))
        for period, limit in limits:
            for total in _by(mine, period).values():
                assert limit is None or total <= limit, f"{name}: {total} of {limit} ({period})"
        if budget.per_customer is not None:
            _customers_keep_to(budget.per_customer, mine)
    _codes_are_given_once(life, given)
    _messages_promise_what_is_given(life, given)


def _by(given: Iterable[Row], period: str) -> dict[str, Decimal]:
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in given:
        sums[row["reserved_at"].astimezone(UTC).strftime(period)] += Decimal(row["amount"])
    return sums


def _counters_match(life: Life, given: list[Row]) -> None:
    counted = {
        (r["budget"], r["period"]): Decimal(r["used_minor"]) / 100 for r in rows(life, budgets)
    }
    found: dict[tuple[str, str], Decimal] = {}
    for name in {row["budget"] for row in given}:
        mine = [row for row in given if row["budget"] == name]
        for period in ("%Y-%m-%d", "%Y-%m"):
            found |= {(name, key): total for key, total in _by(mine, period).items()}
    assert {key: used for key, used in counted.items() if used} == found


def _customers_keep_to(limit: Decimal, given: list[Row]) -> None:
    for row in given:
        since = row["reserved_at"] - timedelta(days=30)
        window = [
            Decimal(other["amount"])
            for other in given
            if other["customer_id"] == row["customer_id"]
            and since < other["reserved_at"] <= row["reserved_at"]
        ]
        assert sum(window) <= limit


def _codes_are_given_once(life: Life, given: list[Row]) -> None:
    held = {row["code"]: row["extra_id"] for row in rows(life, codes) if row["extra_id"]}
    pools = {n for n, budget in life.parts.policy.budgets.items() if budget.codes == "pool"}
    assert held == {row["code"]: row["extra_id"] for row in given if row["budget"] in pools}
    assert len({row["code"] for row in given}) == len(given)


def _messages_promise_what_is_given(life: Life, given: list[Row]) -> None:
    standing = {row["trigger_id"]: row["status"] for row in rows(life, triggers)}
    by_trigger = {row["trigger_id"]: row for row in given}
    under_way = {s.value for s in CLAIMABLE | LEASED | {Status.UNKNOWN}}
    for row in given:
        status = standing[row["trigger_id"]]
        assert (row["status"] == "spent") == (status == Status.SENT), f"{row['status']}: {status}"
        assert row["status"] == "spent" or status in under_way, f"reserved for a {status} one"
    for message in messages(life):
        extra, text = by_trigger.get(message["trigger_id"]), message["mail"].text
        assert ("CODE-" in text) == (extra is not None), "a promise without money, or the reverse"
        assert extra is None or extra["code"] in text


def nothing_stays_open(life: Life) -> None:
    """Past every due moment all has an outcome, and the sums add up."""
    open_still = {s.value for s in CLAIMABLE | LEASED | {Status.UNKNOWN}}
    assert [t for t in rows(life, triggers) if t["status"] in open_still] == []
    assert reconcile(life.parts).wrong == []


def everything_says_why(life: Life) -> None:
    """Every trigger has an outcome with a reason in words, and its trace ends with that outcome."""
    last: dict[str, Row] = {}
    for note in sorted(rows(life, trace), key=lambda n: n["trace_id"]):
        assert note["words"].strip()
        if note["step"] != "delivery":
            last[note["trigger_id"]] = note
    for trigger in rows(life, triggers):
        assert len(trigger["reason"].split()) >= 3, f"{trigger['status']}: {trigger['reason']!r}"
        assert last[trigger["trigger_id"]]["status"] == trigger["status"]
    of_people = {row["trigger_id"] for row in rows(life, handoffs)}
    failed = {row["trigger_id"] for row in rows(life, failed_expectations)}
    for trigger in rows(life, triggers):
        tid = trigger["trigger_id"]
        assert trigger["status"] != Status.ESCALATED or tid in of_people
        assert trigger["status"] != Status.QUARANTINED or tid in failed


LAWS = (
    caps_are_kept,
    apologies_are_rationed,
    nothing_disturbs,
    nothing_is_said_twice,
    no_is_no,
    money_adds_up,
    nothing_stays_open,
    everything_says_why,
)
