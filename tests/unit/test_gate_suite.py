"""A suite is checked before it is believed; the message names file, place and mend."""

import json
from pathlib import Path
from typing import Any

import pytest

from aftercare.errors import SettingsError
from aftercare.gate.suite import read_suite
from aftercare.lifecycle import Kind
from aftercare.settings import ROOT

META = {"name": "n", "words": "w"}
GOOD = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "email"}, "meta": META}


def refusal(folder: Path, text: str) -> str:
    (folder / "apology.json").write_text(text)
    with pytest.raises(SettingsError) as caught:
        read_suite(folder, "apology")
    return str(caught.value)


def suite(*expectations: Any) -> str:
    return json.dumps({"name": "apology", "expectations": expectations})


@pytest.mark.parametrize("kind", [kind.value for kind in Kind])
def test_the_suite_of_every_kind_is_well_formed(kind: str) -> None:
    assert read_suite(ROOT / "expectations", kind)["name"] == kind


def test_a_missing_suite_says_which_setting_names_the_folder(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"check_in\.json .*AFTERCARE_EXPECTATIONS"):
        read_suite(tmp_path, "check_in")


def test_what_is_not_json_names_the_line(tmp_path: Path) -> None:
    assert "apology.json is not JSON" in refusal(tmp_path, '{"name": ')


def test_a_suite_without_expectations_is_refused_for_everything_would_pass(tmp_path: Path) -> None:
    assert "every row would pass" in refusal(tmp_path, suite())


def test_an_unknown_column_is_answered_with_the_nearest_one(tmp_path: Path) -> None:
    words = refusal(tmp_path, suite(GOOD, GOOD | {"kwargs": {"column": "emial"}}))
    assert "expectations[1]" in words
    assert "did you mean email?" in words


def test_both_columns_of_a_pair_are_looked_at(tmp_path: Path) -> None:
    pair = GOOD | {"kwargs": {"column_A": "placed_at", "column_B": "shiped_at"}}
    assert "did you mean shipped_at?" in refusal(tmp_path, suite(pair))


def test_a_broken_regular_expression_is_refused_at_load(tmp_path: Path) -> None:
    broken = GOOD | {"kwargs": {"column": "email", "regex": "("}}
    assert "`regex` is no regular expression" in refusal(tmp_path, suite(broken))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("text", "needs a `type`"),
        ({"type": 5}, "needs a `type`"),
        (GOOD | {"meta": "text"}, "`meta` needs"),
        (GOOD | {"meta": {"name": "n", "words": " "}}, "`meta` needs"),
        (GOOD | {"kwargs": ["email"]}, "needs `kwargs`"),
    ],
)
def test_a_malformed_expectation_is_refused_with_its_place(
    tmp_path: Path, wrong: Any, words: str
) -> None:
    found = refusal(tmp_path, suite(wrong))
    assert "apology.json: expectations[0]" in found
    assert words in found
