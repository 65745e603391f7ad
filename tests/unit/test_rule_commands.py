"""`aftercare rules`: what an operator sees."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from aftercare.cli.rules import app
from aftercare.errors import RuleError


def test_the_shipped_rules_are_fine() -> None:
    result = CliRunner().invoke(app, ["check"], catch_exceptions=False)
    assert result.output == "10 rules in 4 files are fine\n"


def test_the_list_names_every_rule_with_what_it_does() -> None:
    result = CliRunner().invoke(app, ["list"], catch_exceptions=False, env={"COLUMNS": "200"})
    for words in ("promise-missed", "no order.delivered by", "a person: care-team", "lateness"):
        assert words in result.output


def test_a_wrong_rule_is_an_error_with_its_mend(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("r: {on: order.delivered, send: apology/late_delivry}\n")
    with pytest.raises(RuleError, match=r"did you mean apology/late_delivery\?"):
        CliRunner().invoke(app, ["check", str(tmp_path)], catch_exceptions=False)
