"""What docs/troubles.md quotes is what Aftercare says."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from aftercare.store.troubles import TROUBLES, Trouble

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "troubles.md").read_text()
GAP = "…"

QUOTED = [
    match[1]
    for line in PAGE.splitlines()
    if line.startswith("| ") and (match := re.match(r"\| `([^`]+)`", line))
]
"""The first column of every table."""


def said() -> Iterator[str]:
    """Every text in the code, with a gap for each value that is filled in."""
    for folder in ("aftercare", "consumers", "dags"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield re.sub(r"\{\w+\}|%[sd]", GAP, node.value)
                elif isinstance(node, ast.JoinedStr):
                    yield "".join(_piece(part) for part in node.values)


def _piece(part: ast.expr) -> str:
    return str(part.value) if isinstance(part, ast.Constant) else GAP


SAID = "\n".join(said())


@pytest.mark.parametrize("words", QUOTED)
def test_words_on_the_page_are_said_by_the_code(words: str) -> None:
    assert words in SAID


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.mark)
def test_every_trouble_of_the_store_stands_on_the_page(trouble: Trouble) -> None:
    words = re.sub(r"\{\w+\}", GAP, trouble.words)
    assert any(words.startswith(quoted) for quoted in QUOTED), words


def test_the_readme_leads_to_the_page() -> None:
    assert "(docs/troubles.md)" in (ROOT / "README.md").read_text()
