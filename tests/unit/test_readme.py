"""What the README says is so."""

import re
from dataclasses import fields
from pathlib import Path

from typer.main import get_command

from aftercare.cli.main import build_app
from aftercare.settings import PREFIX, Settings

README = (Path(__file__).resolve().parents[2] / "README.md").read_text()


def test_every_setting_stands_in_the_readme_with_its_meaning() -> None:
    for field in fields(Settings):
        line = f"| `{PREFIX}{field.name.upper()}` |"
        assert line in README, line
        assert field.metadata["meaning"] in README, field.name


def test_every_command_in_the_readme_exists() -> None:
    known = set(get_command(build_app()).commands)  # type: ignore[attr-defined]
    named = set(re.findall(r"^aftercare ([a-z-]+)", README, re.MULTILINE))
    assert named
    assert named <= known
