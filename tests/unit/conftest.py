"""Fixtures of the unit tests: a house over a SQLite file; no sockets."""

from pathlib import Path

import pytest

from tests.fakes.house import House


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(f"sqlite:///{tmp_path / 'store.db'}")
