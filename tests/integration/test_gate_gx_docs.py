"""Data Docs: a page a run for operators, with counts and without anybody's data."""

import logging
from pathlib import Path

import pytest

from aftercare.gate.docs import Docs
from aftercare.gate.frame import frame
from aftercare.gate.gx_gate import GxGate
from aftercare.gate.suite import read_suite
from tests.integration.test_gate_gx import SUITES, row
from tests.unit.test_gate_bounds import Bounds

PLANTED = {"email": "planted.address", "first_name": "PLANTED9", "last_name": "Planted{x}"}


def test_a_page_counts_failures_and_holds_no_value_of_a_row(tmp_path: Path) -> None:
    rows = [row(f"trigger-{i}", customer=PLANTED if i < 7 else None) for i in range(30)]
    verdict = GxGate(SUITES, Bounds(), tmp_path).check("apology", rows)
    assert len(verdict.failures) == 7
    page = Path(str(verdict.docs))
    assert "apology" in page.parts
    assert "23.3" in page.read_text()  # the share of rows that failed, in per cent
    for file in (f for f in tmp_path.rglob("*") if f.is_file()):
        text = file.read_bytes().lower()
        assert b"planted" not in text, file
        assert b"ana.lima" not in text, file
        assert b"trigger-1" not in text, file


def test_only_the_newest_results_are_kept_and_the_last_is_linked(tmp_path: Path) -> None:
    docs, raw = Docs(tmp_path, keep=2), read_suite(SUITES, "apology")
    pages = [docs.build("apology", raw, frame([row()])) for _ in range(3)]
    left = sorted(str(p) for p in (tmp_path / "gx").rglob("local_site/validations/**/*.html"))
    assert left == sorted(str(p) for p in pages[1:])
    assert len(list((tmp_path / "gx" / "uncommitted" / "validations").rglob("*.json"))) == 2


def test_docs_that_cannot_be_written_do_not_keep_a_verdict_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "docs").write_text("a file where the folder should be")
    with caplog.at_level(logging.WARNING, "aftercare"):
        verdict = GxGate(SUITES, Bounds(), tmp_path / "docs").check("apology", [row()])
    assert (verdict.failures, verdict.docs) == ({}, None)
    assert "were not built" in caplog.text
