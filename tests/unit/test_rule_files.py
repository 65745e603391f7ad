"""Rule files: every slip is refused at load, all at once, with file, rule, place and mend."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as h
from hypothesis import strategies as st

from aftercare.errors import RuleError
from aftercare.lifecycle import Kind
from aftercare.rules.durations import duration, in_words
from aftercare.rules.load import load_rules
from aftercare.rules.model import Rulebook

LATE = "late:\n  on: order.delivered\n  when: order.days_late >= 1\n  send: apology/late_delivery\n"
TEMPLATES = {"apology/late_delivery", "check_in/is_it_fixed"}


def load(folder: Path, **files: str) -> Rulebook:
    rules = folder / "rules"
    rules.mkdir(exist_ok=True)
    for name, text in files.items():
        (rules / f"{name}.yml").write_text(text)
    return load_rules(rules, templates=TEMPLATES, budgets={"goodwill"}, teams={"care-team"})


def problems(folder: Path, **files: str) -> list[str]:
    with pytest.raises(RuleError) as caught:
        load(folder, **files)
    return str(caught.value).splitlines()


def with_line(line: str) -> str:
    return f"{LATE}  {line}\n"


def test_a_rule_says_its_defaults(tmp_path: Path) -> None:
    rule = load(tmp_path, a=LATE).rules["late"]
    assert (rule.kind, rule.cause, rule.exempt) == (Kind.APOLOGY, "late", False)
    assert (rule.wait, rule.expires) == (timedelta(), timedelta(days=5))
    assert rule.subject_kind == "order"


@pytest.mark.parametrize(
    ("does", "days"), [("send: check_in/is_it_fixed", 14), ("escalate: care-team", 7)]
)
def test_how_long_it_stays_worth_sending_goes_by_kind(tmp_path: Path, does: str, days: int) -> None:
    rule = load(tmp_path, a=f"r: {{on: support.resolved, {does}}}").rules["r"]
    assert rule.expires == timedelta(days=days)


def test_rules_are_read_in_the_order_of_their_files(tmp_path: Path) -> None:
    book = load(tmp_path, b=LATE, a=LATE.replace("late:", "first:", 1))
    assert list(book.rules) == ["first", "late"]
    assert [r.name for r in book.by_event["order.delivered"]] == ["first", "late"]


def test_the_version_goes_by_content_not_by_comments(tmp_path: Path) -> None:
    version = load(tmp_path, a=LATE).rules["late"].version
    assert load(tmp_path, a="# why\n" + LATE).rules["late"].version == version
    assert load(tmp_path, a=LATE.replace("1", "2")).rules["late"].version != version
    assert len(version) == 16


def test_every_problem_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    told = problems(
        tmp_path, a=with_line("wiat: 2h"), b=LATE.replace("days_late", "day_late"), c="["
    )
    assert told[0] == "rules/a.yml: late.wiat: no such field; did you mean wait?"
    assert any("late.when: unknown fact order.day_late; did you mean" in line for line in told)
    assert any(line.startswith("rules/c.yml:") for line in told)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (LATE.replace("delivered\n", "deliverd\n"), "did you mean order.delivered?"),
        (LATE.replace("late_delivery", "late_delivry"), "did you mean apology/late_delivery?"),
        (with_line("extra: {fixed: 5, budget: goodwil}"), "did you mean goodwill?"),
        (with_line("extra: {fixed: 5}"), "extra.budget: is missing"),
        (with_line("extra: {budget: goodwill}"), "needs either `fixed` or `percent_of`"),
        (with_line("extra: {percent: 5, budget: goodwill}"), "needs either `fixed` or"),
        (with_line("extra: {fixed: -5, budget: goodwill}"), "extra.fixed: -5 is not between"),
        (with_line("extra: {fixed: .nan, budget: goodwill}"), "extra.fixed: nan is not between"),
        (with_line("extra: {fixed: 5, min: 9, max: 3, budget: goodwill}"), "is more than `max`"),
        (with_line("extra: 5"), "late.extra: is a mapping"),
        (with_line("wait: 2 days"), "write 90m, 2h, 3d or 1d12h"),
        (with_line("wait: 2"), "write 90m, 2h, 3d or 1d12h"),
        (with_line("wait: 5d"), "it would always come too late"),
        (with_line("exempt: perhaps"), "neither true nor false"),
        (with_line("cause: Too Late"), "small letters, digits and dashes"),
        (with_line("otherwise: check_in/is_it_fixed"), "is not of kind apology"),
        (with_line("escalate: care-team"), "needs either `send`"),
        (with_line("after: order.placed"), "needs either `on` or `after`"),
        (with_line("expect: order.delivered"), "go together; `after` is missing"),
        (with_line("incident: order.days_late"), "not text; write string(…)"),
        ("r: {on: order.placed, escalate: care-tem}", "did you mean care-team?"),
        ("r: {on: order.placed, escalate: care-team, extra: {}}", "goes with `send`"),
        ("r: {on: [order.placed], escalate: care-team}", "needs one name (event)"),
        ("r: {on: customer.updated, escalate: care-team}", "no event customer.updated"),
        (
            "r: {on: support.resolved, when: complaint.days_open > 1, escalate: care-team}",
            "only ticket",
        ),
        (
            "r: {after: order.placed, expect: complaint.opened, by: order.placed_at, escalate: care-team}",
            "no order event complaint.opened",
        ),
        ("r: 5", "must be a mapping"),
        ("Late Rule: {on: order.placed, escalate: care-team}", "a rule's name is small letters"),
        ("- a", "must hold rules by name"),
        ("a:\n\ton: x", "rules/a.yml:2: a tab; indent with spaces"),
        ("a:\n  on: x\n send: y", "rules/a.yml:3: this line's indentation"),
        ("a:\n  on: x\n  on: y", "rules/a.yml:3: 'on' stands twice"),
        ("a:\n  on: x: y", "rules/a.yml:2: a second colon"),
        ("a: &x {on: y}\nb: *x", "rules/a.yml:2: an alias (*) is not read here"),
        ("? [a]\n: b", "rules/a.yml:1: a key is a plain word"),
        ("[" * 3000, "rules/a.yml"),
        ("", "holds no rules"),
    ],
)
def test_a_slip_is_refused_with_its_mend(tmp_path: Path, text: str, words: str) -> None:
    assert any(words in line for line in problems(tmp_path, a=text))


def test_a_name_belongs_to_one_rule(tmp_path: Path) -> None:
    told = problems(tmp_path, a=LATE, b=LATE)
    assert told == ["rules/b.yml: late: is a rule in a.yml already; choose another name"]


def test_a_file_that_would_be_passed_over_is_named(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "more.yaml").write_text(LATE)
    assert problems(tmp_path, a=LATE) == ["rules/more.yaml: only *.yml is read; rename it"]


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "b.yml").write_bytes(b"\xff\xfe\x00")
    assert problems(tmp_path, a=LATE)[0].startswith("rules/b.yml: is not YAML in UTF-8")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="AFTERCARE_RULES"):
        load_rules(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("text", "span"),
    [("90m", timedelta(minutes=90)), ("1d12h", timedelta(hours=36)), ("2w", timedelta(days=14))],
)
def test_durations_are_read_as_people_write_them(text: str, span: timedelta) -> None:
    assert duration(text) == span
    assert duration(in_words(span)) == span


@pytest.mark.parametrize(
    "text", ["", "2", "h", "-2h", "1.5h", "2 h", "999999999999d", "9999w", "٣d", None]
)
def test_what_is_not_a_duration_is_refused(text: object) -> None:
    with pytest.raises(RuleError):
        duration(text)


_FIELDS = st.sampled_from(["on", "when", "after", "expect", "by", "send", "extra", "wait", "cause"])
_LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
_VALUE = st.recursive(
    _LEAF | st.sampled_from(["order.delivered", "apology/late_delivery", "order.total > 1.0"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@h(max_examples=150, deadline=None)
@given(raw=st.dictionaries(_FIELDS, _VALUE, max_size=6))
def test_no_rule_however_odd_ends_in_anything_but_words(raw: dict[str, object]) -> None:
    from aftercare.rules.build import Known, build

    rule, found = build(Path("a.yml"), "rules/a.yml", "r", raw, Known(TEMPLATES, set(), set()))
    assert found or rule is not None
    assert all(words.startswith("rules/a.yml: r") for words in found)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("gone: it is over", "rules/a.yml: late.gone: goes with `still`"),
        ("still: 'true'\n  gone: ''", "late.gone: needs one line of at most 120 letters"),
        ("still: 'true'\n  gone: [a]", "late.gone: needs one line of at most 120 letters"),
        ("still: 'true'\n  gone: " + "a" * 121, "late.gone: needs one line of at most 120"),
    ],
)
def test_the_words_for_what_is_gone_are_one_line_and_go_with_still(
    tmp_path: Path, lines: str, told: str
) -> None:
    assert any(told in problem for problem in problems(tmp_path, a=with_line(lines)))
