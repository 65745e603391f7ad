"""policy.yml is written by people who may err: every mistake is told, with its place and mend."""

import contextlib
import tempfile
from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from aftercare.decision.policy import Policy
from aftercare.decision.policy_file import load_policy
from aftercare.decision.policy_shape import misshapen
from aftercare.errors import PolicyError
from aftercare.settings import ROOT
from aftercare.templating.library import Library


def written(folder: Path, text: str) -> Path:
    file = folder / "policy.yml"
    file.write_text(text)
    return file


def test_the_shipped_policy_is_fine() -> None:
    templates = Library.load(ROOT / "templates").templates
    policy = load_policy(ROOT / "policy.yml", templates=templates)
    assert policy.quiet_hours is not None
    assert policy.quiet_hours.start == time(21)
    assert policy.apologies.window == timedelta(days=90)
    assert policy.budgets["goodwill"].per_day == Decimal(300)


def test_an_empty_policy_means_the_defaults(tmp_path: Path) -> None:
    assert load_policy(written(tmp_path, "")) == Policy()
    assert load_policy(written(tmp_path, "# nothing yet\n")) == Policy()
    assert load_policy(written(tmp_path, "quiet_hours:\n")) == Policy()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('quiet_hour: {from: "21:00"}', "quiet_hour: no such field; did you mean quiet_hours?"),
        ('quiet_hours: {from: "21:00"}', "quiet_hours.until: is missing"),
        ('quiet_hours: {from: "25:00", until: "8:00"}', "quiet_hours.from: '25:00' is no time of"),
        (
            "quiet_hours: {from: 21, until: 8}",
            'quiet_hours.from: 21 is no time of day; write "21:0',
        ),
        ('quiet_hours: {from: "8:00", until: "08:00"}', "`from` and `until` are the same"),
        ("quiet_hours: nine", "quiet_hours: holds fields by name: from, until"),
        ("weekends: never", "weekends: 'never' is not one of hold, send"),
        ("consent: {apologies: always}", "consent.apologies: 'apologies' is not one of apology"),
        ("consent: {apology: maybe}", "consent.apology: 'maybe' is not one of always, only_if"),
        ("zones: {BR: America/Sao_Paolo}", "zones.BR: America/Sao_Paolo is no IANA time zone"),
        ("zones: [BR]", "zones: holds names"),
        ("frequency: {overall: {most: 1, in: 24h}}", "frequency.overall: is a list"),
        ("frequency: {overall: [{most: 0, in: 24h}]}", "frequency.overall[1].most: 0 is less than"),
        ("frequency: {overall: [{most: 1, in: 24}]}", "frequency.overall[1].in: 24 is no duration"),
        ("frequency: {overall: [{most: 1, in: 0h}]}", "needs a duration above nothing"),
        ("frequency: {overall: [{most: 1.5, in: 1d}]}", "[1].most: 1.5 is no whole number"),
        ("apologies: {then: nobody}", "apologies.then: no team nobody; there are none"),
        ("apologies: {most: 0}", "apologies.most: 0 is less than 1"),
        ("teams: {care: {email: nowhere}}", "teams.care.email: 'nowhere' is no address"),
        ("budgets: {x: {per_day: 5}}", "budgets.x.currency: is missing"),
        ("budgets: {x: {currency: real}}", "budgets.x.currency: 'real' is no ISO 4217 code"),
        ('budgets: {x: {currency: BRL, per_day: "-5"}}', "budgets.x.per_day: -5 is not above 0"),
        ('budgets: {x: {currency: BRL, per_day: "5,50"}}', "'5,50' is no amount; write \"5\" or"),
        ("budgets: {x: {currency: BRL, codes: pools}}", "'pools' is not one of generated, pool"),
        ("budgets: {x: {currency: BRL, when_empty: person}}", "person needs a team in apologies"),
        ("incidents: {template: apology/incidents}", "did you mean apology/incident?"),
        ("incidents: {extra: {kind: voucher, fixed: 5, budget: y}}", "incidents.extra.budget: no"),
        ("gate: {bad_share: 50}", "gate.bad_share: 50 is no share"),
        ("weekends: send\nweekends: hold", ":2: 'weekends' stands twice"),
        ("a: [", ":1:"),
        ("- weekends", "must hold the policy's sections"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_its_mend(
    tmp_path: Path, text: str, told: str
) -> None:
    file = written(tmp_path, text)
    with pytest.raises(PolicyError) as refused:
        load_policy(file, templates=["apology/incident"])
    assert str(file) in str(refused.value)
    assert told in str(refused.value)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = "weekends: never\nholidays: ever\nfrequency: {overall: [{most: many}]}\n"
    with pytest.raises(PolicyError) as refused:
        load_policy(written(tmp_path, text))
    assert len(str(refused.value).splitlines()) == 4


def test_a_policy_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="AFTERCARE_POLICY names the policy file"):
        load_policy(tmp_path / "none.yml")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["overall", "most", "in", "apology", "from", "until", "x"]), inner
        )
    ),
    max_leaves=8,
)
SECTIONS = st.sampled_from([*Policy.__struct_fields__, "else"])


@given(st.dictionaries(SECTIONS, ANYTHING, max_size=4))
@settings(max_examples=200, deadline=None)
def test_whatever_is_written_is_refused_or_read_but_never_a_traceback(raw: object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = written(Path(folder), yaml.safe_dump(raw))
        with contextlib.suppress(PolicyError):
            assert isinstance(load_policy(file), Policy)
        assert isinstance(misshapen(raw), list)
