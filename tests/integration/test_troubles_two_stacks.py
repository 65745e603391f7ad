"""Two stacks meet: in one home, on one store with two clusters, on one store with two groups."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from aftercare.settings import ROOT
from aftercare.sources.topics import ensure_topics
from aftercare.stack.alone import alone_in
from aftercare.stack.tansu import Tansu
from aftercare.store.engine import open_store
from aftercare.store.upgrade import upgrade
from tests.integration.conftest import Stack, require
from tests.integration.troubled import Troubled, troubled

HOLD = """
import sys
from pathlib import Path
from aftercare.sources.topics import ensure_topics
from aftercare.stack.alone import alone_in
with alone_in(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the home as a running stack does."""
    argv = [sys.executable, "-c", HOLD, str(tmp_path / "home")]
    with subprocess.Popen(
        argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


@pytest.mark.parametrize("command", ["up", "demo"])
def test_a_second_stack_in_one_home_is_refused_at_once_and_touches_nothing(
    command: str, holder: subprocess.Popen[str], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    (home / "embedded.db").write_text("the first one's")
    before = sorted(home.iterdir())
    with troubled(home) as running:
        told = running.refuses(*([command] if command == "up" else [command, "--home", str(home)]))
    assert told == (
        f"error: another stack runs in {home} (process {holder.pid}); stop that one, or give this "
        "one a folder of its own (AFTERCARE_HOME; --home of the demo)"
    )
    assert (home / "embedded.db").read_text() == "the first one's"
    assert sorted(home.iterdir()) == before
    assert holder.poll() is None


def test_a_home_is_free_again_when_its_stack_was_killed(
    holder: subprocess.Popen[str], tmp_path: Path
) -> None:
    holder.kill()
    holder.wait()
    with alone_in(tmp_path / "home"):
        pass


def empty(running: Troubled) -> None:
    engine = open_store(running.settings.store_url)
    upgrade(engine)
    engine.dispose()
    ensure_topics(running.settings.kafka, 1, 1)


@pytest.mark.kafka
def test_two_clusters_on_one_store_are_noticed_and_the_first_goes_on(tmp_path: Path) -> None:
    require(Tansu)
    with Tansu() as ours, Tansu() as theirs, troubled(tmp_path, kafka=ours.address) as running:
        empty(running)
        first = running.consume()
        running.produce(0, 5)
        running.arrived(5)
        running.settings = replace(running.settings, kafka=theirs.address)
        second = running.consume()
        assert second.wait(60) == 2
        assert running.says("or this is another cluster", number=1) == 1
        running.settings = replace(running.settings, kafka=ours.address)
        running.produce(5, 5)
        running.arrived(10)
        assert first.poll() is None
        assert running.sums().wrong == []


@pytest.mark.kafka
@pytest.mark.postgres
def test_two_consumer_groups_on_one_store_count_every_event_once(
    stack: Stack, tmp_path: Path
) -> None:
    with troubled(
        tmp_path,
        kafka=stack.bootstrap_servers,
        store=stack.store_url,
        session_timeout_ms=stack.session_timeout_ms,
    ) as running:
        empty(running)
        running.produce(0, 5)
        first = running.consume()
        running.settings = replace(
            running.settings, consumer_group=f"{running.settings.consumer_group}-other"
        )
        second = running.consume()
        running.arrived(5)
        number = 5
        # Until both have met at least once, and one found the other's offset.
        while number < 500 and not met(running):
            running.produce(number, 5)
            number += 5
            running.arrived(number)
        assert met(running)
        assert (first.poll(), second.poll()) == (None, None)
        sums = running.sums()
        assert (sums.wrong, sums.behind) == ([], 0)


def met(running: Troubled) -> bool:
    words = "does another AFTERCARE_CONSUMER_GROUP use this store?"
    return any(running.says(words, number) for number in (0, 1))
