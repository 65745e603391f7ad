"""Reading validation results: rows by trigger, and nothing that passes unseen."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from aftercare.errors import SettingsError
from aftercare.gate.gx_gate import failures_of
from aftercare.gate.model import Failure

FILE = Path("expectations/apology.json")


def result(name: str, *bad: str, **more: Any) -> dict[str, Any]:
    return {
        "expectation_config": {"meta": {"name": name, "words": f"words of {name}"}},
        "success": not bad,
        "exception_info": {"raised_exception": False},
        "result": {"unexpected_index_list": [{"trigger_id": trigger} for trigger in bad]},
    } | more


def test_failures_are_gathered_by_trigger_and_good_rows_are_absent() -> None:
    found = failures_of(FILE, [result("a", "t1", "t2"), result("b"), result("c", "t1")])
    assert found == {
        "t1": [Failure("a", "words of a"), Failure("c", "words of c")],
        "t2": [Failure("a", "words of a")],
    }


def test_a_successful_result_still_lists_its_bad_rows() -> None:
    assert set(failures_of(FILE, [result("a", "t1", success=True)])) == {"t1"}


@pytest.mark.parametrize(
    "info",
    [
        {"raised_exception": True, "exception_message": "ana@example.com is no number"},
        {"metric": {"raised_exception": True, "exception_message": "ana@example.com"}},
    ],
)
def test_a_crashed_expectation_lets_nothing_pass_and_quotes_no_value(info: dict[str, Any]) -> None:
    with pytest.raises(SettingsError) as caught:
        failures_of(FILE, [result("a", success=True, exception_info=info)])
    assert "apology.json: expectation a could not be evaluated" in str(caught.value)
    assert "ana@" not in str(caught.value)


def test_a_failure_that_names_no_rows_lets_nothing_pass() -> None:
    with pytest.raises(SettingsError, match="nothing passes"):
        failures_of(FILE, [result("a", success=False, result={})])


def test_importing_the_gate_does_not_import_great_expectations() -> None:
    code = "import sys, aftercare.gate; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
