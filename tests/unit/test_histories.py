"""Whole histories through the real steps: whatever happens and whatever the policy, these hold."""

from collections.abc import Callable, Sequence

from hypothesis import HealthCheck, Phase, given, settings

from aftercare.decision.policy import Policy
from tests.unit.histories import laws, policies
from tests.unit.histories.happenings import (
    CASES,
    MENDED,
    MISHAPS,
    TROUBLES,
    WISHES,
    Happening,
    Home,
    anything,
    homes,
    of,
)
from tests.unit.histories.life import Life

Law = Callable[[Life], None]


def _quick(examples: int) -> settings:
    # Explaining a failure costs more than finding it; the smallest history says enough.
    return settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    )


def _lives(policy: Policy, history: Sequence[Happening], where: Sequence[Home], *kept: Law) -> None:
    life = Life(policy, where)
    try:
        life.live(history)
        for law in kept:
            law(life)
    finally:
        life.close()


@given(policies.capped, of(*TROUBLES, *CASES, "late", "damaged", "post"), homes)
@_quick(20)
def test_no_customer_gets_more_than_the_policy_allows_in_any_window(
    policy: Policy, history: Sequence[Happening], where: Sequence[Home]
) -> None:
    _lives(policy, history, where, laws.caps_are_kept, laws.apologies_are_rationed)


@given(policies.discreet, of(*TROUBLES, *CASES, "late"), homes)
@_quick(15)
def test_nothing_is_sent_when_it_would_disturb_where_the_customer_lives(
    policy: Policy, history: Sequence[Happening], where: Sequence[Home]
) -> None:
    _lives(policy, history, where, laws.nothing_disturbs)


@given(policies.talkative, of(*TROUBLES * 2, *MISHAPS, *MENDED), homes)
@_quick(20)
def test_nothing_is_said_twice_about_one_trouble(
    policy: Policy, history: Sequence[Happening], where: Sequence[Home]
) -> None:
    _lives(policy, history, where, laws.nothing_is_said_twice)


@given(policies.talkative, of(*TROUBLES, *WISHES, *CASES, "provider says"), homes)
@_quick(10)
def test_nothing_is_sent_to_who_said_no_or_asked_to_be_forgotten(
    policy: Policy, history: Sequence[Happening], where: Sequence[Home]
) -> None:
    _lives(policy, history, where, laws.no_is_no)


@given(policies.talkative, of("late", "damaged", "late", "damaged", *MISHAPS * 2, *MENDED), homes)
@_quick(25)
def test_no_budget_is_overdrawn_and_the_wallet_holds_what_messages_promise(
    policy: Policy, history: Sequence[Happening], where: Sequence[Home]
) -> None:
    _lives(policy, history, where, laws.money_adds_up)


@given(policies.policies, anything, homes)
@_quick(25)
def test_everything_ends_with_an_outcome_and_a_reason_in_words(
    policy: Policy, history: Sequence[Happening], where: Sequence[Home]
) -> None:
    _lives(policy, history, where, laws.nothing_stays_open, laws.everything_says_why, *laws.LAWS)
