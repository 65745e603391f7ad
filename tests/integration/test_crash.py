"""The crash rig, small: the ledger balances, and without any one of the safeties it does not."""

from pathlib import Path

import pytest

from aftercare.stack.apache_kafka import ApacheKafka
from aftercare.stack.postgres import Postgres
from bench.crash.__main__ import crash, table
from bench.crash.mutations import MUTATIONS
from tests.integration.conftest import require

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.timeout(600)]

QUICK = ("commit-before-offset", "lease", "unknown", "unique-key")
"""What a few seconds show."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder that PostgreSQL's own user may enter."""
    require(ApacheKafka)
    require(Postgres)
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o755)
    return tmp_path


def test_nothing_is_lost_or_doubled_when_everything_is_killed_again_and_again(home: Path) -> None:
    tally, found = crash(home, kills=40, seconds=60, seed=7, rate=4)
    assert found.good, table(tally, found)
    assert found.orders > 50
    assert tally.kills.total() >= 20
    assert tally.restarts["Kafka killed and started again"] >= 2
    assert tally.restarts["PostgreSQL killed and started again"] >= 2


@pytest.mark.parametrize("safety", [name for name in MUTATIONS if name != "customer-lock"])
def test_without_this_safety_the_ledger_does_not_balance(safety: str, home: Path) -> None:
    seconds = 12 if safety in QUICK else 40
    tally, found = crash(home, kills=40, seconds=seconds, seed=7, rate=6, mutation=safety, rest=5)
    assert not found.good, table(tally, found)


def test_without_the_customers_lock_the_unique_key_still_holds(home: Path) -> None:
    tally, found = crash(home, kills=40, seconds=12, seed=7, rate=6, mutation="customer-lock")
    assert found.good, table(tally, found)
