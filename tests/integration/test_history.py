"""History played into running consumers, on both stacks: facts for all, words only on request."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from aftercare.stack.waiting import wait_until
from aftercare.store.engine import reading
from aftercare.store.tables import triggers
from tests.integration.conftest import Stack
from tests.integration.test_consumers import Consumers

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]


@pytest.fixture
def consumers(stack: Stack, tmp_path: Path) -> Iterator[Consumers]:
    running = Consumers(stack, tmp_path)
    running.start()
    yield running
    running.stop()


def written(consumers: Consumers, *days_ago: int) -> Path:
    """A file with an order that came late so many days ago, each."""
    lines = []
    for days in days_ago:
        came = datetime.now(UTC) - timedelta(days=days)
        data = {
            "customer_id": f"{consumers.prefix}-c{days}",
            "order_id": f"{consumers.prefix}-o{days}",
        }
        promised = {"promised_on": (came - timedelta(days=3)).date().isoformat()}
        told: tuple[tuple[str, datetime, dict[str, str]], ...] = (
            ("placed", came - timedelta(days=9), promised),
            ("delivered", came, {}),
        )
        for what, at, more in told:
            event = {
                "specversion": "1.0",
                "type": f"order.{what}",
                "id": f"{consumers.prefix}-{days}-{what}",
                "source": "/test",
                "time": at.isoformat(),
                "data": data | more,
            }
            lines.append(json.dumps(event))
    file = consumers.settings.home / "history.jsonl"
    file.write_text("\n".join(lines) + "\n")
    return file


def standing(consumers: Consumers) -> Counter[tuple[str, str]]:
    query = select(triggers.c.subject_id, triggers.c.status)
    query = query.where(triggers.c.subject_id.startswith(consumers.prefix))
    with reading(consumers.engine) as connection:
        rows = connection.execute(query.where(triggers.c.rule == "late-delivery")).all()
    return Counter(
        (subject.removeprefix(f"{consumers.prefix}-"), status) for subject, status in rows
    )


def test_history_is_told_only_from_the_day_that_somebody_names(consumers: Consumers) -> None:
    file = written(consumers, 10, 100)
    assert consumers.cli("play", str(file), "--instant").returncode == 0
    assert wait_until(lambda: standing(consumers).total() == 2, 60)
    assert set(standing(consumers)) == {("o10", "expired"), ("o100", "expired")}
    since = f"{datetime.now(UTC) - timedelta(days=30):%Y-%m-%d}"
    played = consumers.cli("play", str(file), "--instant", "--since", since)
    assert played.returncode == 0, played.stderr
    assert wait_until(lambda: standing(consumers)["o10", "waiting"] == 1, 60)
    assert standing(consumers)["o100", "expired"] == 1
    told = consumers.cli("why", f"{consumers.prefix}-o10").stdout
    assert "asked to tell what happened from" in told
    revived = consumers.cli("revive", "--since", "2020-01-01", "--rule", "late-delivery", "--yes")
    assert "1 wait again" in revived.stdout, revived.stderr
    assert standing(consumers)["o100", "waiting"] == 1
    assert consumers.cli("reconcile").returncode == 0
