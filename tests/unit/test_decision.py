"""The decision, question by question: each case in the words of who asks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as h
from hypothesis import strategies as st

from aftercare.decision.decide import apologies, decide
from aftercare.decision.model import Action, Case, Moment, Question, Spoken, Trigger
from aftercare.decision.policy_file import load_policy
from aftercare.decision.quiet import free_from, zone_of
from aftercare.rules.load import load_rules

ROOT = Path(__file__).resolve().parents[2]
POLICY = load_policy(ROOT / "policy.yml")
RULES = load_rules(ROOT / "rules", budgets=set(POLICY.budgets), teams=set(POLICY.teams)).rules
SHOP = ZoneInfo("America/Sao_Paulo")
NOON = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)


def ask(
    rule: str = "late-delivery",
    now: datetime = NOON,
    *,
    customer: dict[str, Any] | None = None,
    subject: dict[str, Any] | None = None,
    **moment: Any,
) -> Any:
    """Decide about one trigger of a shipped rule, five hours after it happened."""
    chosen = RULES[rule]
    happened = now - timedelta(hours=5)
    trigger = Trigger(
        trigger_id="t",
        rule=rule,
        kind=chosen.kind.value,
        template=chosen.send or "",
        customer_id="c",
        subject_kind=chosen.subject_kind,
        subject_id="s",
        cause=chosen.cause,
        incident=None,
        happened_at=happened,
        due_at=now,
        expires_at=happened + chosen.expires,
        status="claimed",
    )
    facts = {"days_late": 2, "status": "delivered", "delivered_at": happened, "days_open": 9}
    if chosen.expect is not None:
        facts = {"status": "shipped", "delivered_at": None}
    views = {
        "customer": {"open_cases": 0, "country": "BR", **(customer or {})},
        chosen.subject_kind: facts | (subject or {}),
    }
    expires = moment.pop("expires_at", trigger.expires_at)
    question = Question(replace(trigger, expires_at=expires), chosen, Moment(views, **moment))
    return decide(question, POLICY, now, SHOP)


def spoke(days: float, kind: str = "apology", counts: bool = True) -> Spoken:
    return Spoken(f"f{days}", kind, NOON - timedelta(days=days), counts, "other", "other")


def test_a_true_late_delivery_in_daytime_is_sent() -> None:
    decision = ask()
    assert (decision.action, decision.template) == (Action.SEND, "apology/late_delivery")


def test_a_care_that_was_answered_is_bundled_and_points_to_its_answer() -> None:
    decision = ask(answered_by="f1")
    assert (decision.action, decision.answered_by) == (Action.BUNDLE, "f1")


def test_a_cancelled_order_withdraws_its_missed_promise() -> None:
    assert ask("promise-missed", subject={"cancelled_at": NOON}).action is Action.WITHDRAW


def test_what_came_after_all_is_told_with_another_template() -> None:
    decision = ask("promise-missed", subject={"delivered_at": NOON, "status": "delivered"})
    assert (decision.action, decision.template) == (Action.SEND, "apology/it_arrived_late")


def test_a_reopened_ticket_withdraws_its_check_in() -> None:
    assert ask("is-it-fixed", subject={"status": "reopened"}).action is Action.WITHDRAW


def test_a_customer_who_refused_small_extras_gets_none() -> None:
    facts = {"consent_small_extra": False}
    decision = ask("thanks-for-patience", customer=facts, subject={"status": "resolved"})
    assert decision.action is Action.SUPPRESS


def test_a_suppressed_address_gets_nothing() -> None:
    facts = {"suppressed_at": NOON, "suppressed_reason": "bounce"}
    assert ask(customer=facts).action is Action.SUPPRESS


def test_a_check_in_waits_while_another_case_is_open() -> None:
    decision = ask(
        "is-it-fixed", subject={"status": "resolved"}, open_cases=[Case("complaint", "k")]
    )
    assert decision.action is Action.HOLD
    assert "complaint k" in decision.reasons[0]


def test_an_apology_beside_a_critical_complaint_goes_to_its_agent() -> None:
    decision = ask(open_cases=[Case("complaint", "k", "critical")])
    assert (decision.action, decision.team) == (Action.ESCALATE, "care-team")


def test_the_second_apology_in_a_quarter_owns_the_repetition() -> None:
    decision = ask(spoken=[spoke(40)])
    assert (decision.action, decision.template) == (Action.SEND, "apology/late_again")


def test_the_third_apology_in_a_quarter_goes_to_a_person() -> None:
    assert ask(spoken=[spoke(40), spoke(60)]).action is Action.ESCALATE


def test_exempt_messages_are_not_in_the_ledger() -> None:
    assert ask(spoken=[spoke(40, counts=False)]).template == "apology/late_delivery"


def test_a_second_message_within_a_day_is_held_until_the_day_is_over() -> None:
    decision = ask(spoken=[spoke(0.5, kind="check_in")])
    assert decision.action is Action.HOLD
    assert decision.until == NOON - timedelta(days=0.5) + timedelta(hours=24)


def test_nobody_is_written_to_at_three_in_the_morning() -> None:
    night = datetime(2026, 3, 4, 6, 0, tzinfo=UTC)
    decision = ask(now=night)
    assert decision.action is Action.HOLD
    assert decision.until == datetime(2026, 3, 4, 11, 0, tzinfo=UTC)


def test_a_public_holiday_is_waited_out() -> None:
    christmas = datetime(2026, 12, 25, 15, 0, tzinfo=UTC)
    assert ask(now=christmas).until == datetime(2026, 12, 26, 11, 0, tzinfo=UTC)


def test_what_expired_says_why_it_had_been_held() -> None:
    decision = ask(expires_at=NOON)
    assert decision.action is Action.EXPIRE


def test_a_customer_who_asked_to_be_forgotten_is_not_written_to() -> None:
    assert ask(customer={"erased_at": NOON}).action is Action.WITHDRAW


@pytest.mark.parametrize(
    ("zone", "now", "until"),
    [
        # The night of 29 March 2026 loses an hour in Lisbon, 25 October gains one.
        (
            "Europe/Lisbon",
            datetime(2026, 3, 29, 0, 30, tzinfo=UTC),
            datetime(2026, 3, 29, 7, tzinfo=UTC),
        ),
        (
            "Europe/Lisbon",
            datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
            datetime(2026, 10, 25, 8, tzinfo=UTC),
        ),
    ],
)
def test_quiet_hours_end_at_the_wall_clock_on_days_of_23_and_25_hours(
    zone: str, now: datetime, until: datetime
) -> None:
    assert free_from(now, ZoneInfo(zone), None, POLICY) == until


def test_a_zone_that_is_none_falls_back_to_the_country_and_then_the_shop() -> None:
    assert zone_of("Mars/Olympus", "PT", POLICY, SHOP).key == "Europe/Lisbon"
    assert zone_of(None, None, POLICY, SHOP) is SHOP


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(
    lambda d: d.replace(tzinfo=UTC)
)
ZONES = st.sampled_from(["America/Sao_Paulo", "Europe/Lisbon", "America/New_York", "Asia/Kolkata"])


@given(MOMENTS, ZONES, st.sampled_from(["BR", "PT", "US", None]))
@h(max_examples=300, deadline=None)
def test_the_moment_that_is_free_is_never_in_quiet_hours_nor_in_the_past(
    now: datetime, zone: str, country: str | None
) -> None:
    until = free_from(now, ZoneInfo(zone), country, POLICY)
    wall = until.astimezone(ZoneInfo(zone)).time()
    assert until >= now
    assert POLICY.quiet_hours is not None
    assert POLICY.quiet_hours.until <= wall < POLICY.quiet_hours.start
    assert free_from(until, ZoneInfo(zone), country, POLICY) == until


@given(
    st.lists(st.tuples(st.floats(0, 120), st.sampled_from(["apology", "check_in"]), st.booleans())),
    st.sampled_from(sorted(RULES)),
    MOMENTS,
)
@h(max_examples=300, deadline=None)
def test_every_decision_has_a_reason_and_sending_never_breaks_a_cap(
    history: list[tuple[float, str, bool]], rule: str, now: datetime
) -> None:
    spoken = [
        Spoken(str(i), k, now - timedelta(days=d), c, "o", "o")
        for i, (d, k, c) in enumerate(history)
    ]
    decision = ask(rule, now, subject={"status": "resolved"}, spoken=spoken)
    assert decision.reasons
    assert all(decision.reasons)
    if decision.action is Action.HOLD:
        assert decision.until > now or decision.until is not None
    if decision.action is Action.SEND and not RULES[rule].exempt:
        for cap in POLICY.frequency.overall:
            recent = [s for s in spoken if s.counts and s.at > now - cap.within]
            assert len(recent) < cap.most
        if RULES[rule].kind == "apology":
            assert len(apologies(spoken, POLICY, now)) < POLICY.apologies.most
