"""Servers that die or stand still in the middle of `make up`: everything goes on alone, and adds up."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aftercare import settings
from aftercare.errors import AftercareError
from aftercare.settings import ROOT
from aftercare.stack.apache_kafka import ApacheKafka
from aftercare.stack.postgres import Postgres
from aftercare.stack.waiting import wait_until
from aftercare.stack.whole import Plan, Whole, whole_stack
from aftercare.steps.model import Batch
from aftercare.steps.parts import Parts, build
from aftercare.steps.table import run_batch
from aftercare.upkeep.kafka_ends import kafka_ends
from aftercare.upkeep.reconcile import Sums, reconcile
from aftercare.upkeep.tidy import tidy_up
from tests.fakes.house import FakeGate, FakeSender
from tests.integration.conftest import require

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.timeout(400)]

RULE = """
late-delivery:
  on: order.delivered
  when: order.days_late >= 1
  cause: lateness
  send: apology/late_delivery
  expires: 5d
"""

EVERY = 0.25
"""Machine seconds between two orders, and between two rounds of the worker."""


STILL = 20.0
"""Machine seconds that a server stands still: longer than the consumers' session with Kafka."""


@dataclass
class Life:
    """A stack as `make up` starts it, but with a worker of this process in Airflow's place; a shop
    that keeps selling."""

    whole: Whole
    said: list[str]
    sender: FakeSender = field(default_factory=FakeSender)
    told: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    closed: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def parts(self) -> Parts:
        parts = build(settings.load(self.whole.env))
        parts.make_gate = FakeGate
        parts.make_sender = lambda: self.sender
        return parts

    def sell(self) -> None:
        """Late orders, one after the other, until the shop is closed."""
        from kafka import KafkaProducer

        producer = KafkaProducer(
            bootstrap_servers=self.whole.env["AFTERCARE_KAFKA"], delivery_timeout_ms=300_000
        )
        sent = []
        while not self.closed.wait(EVERY):
            number = len(self.told)
            self.told.append(f"o{number}")
            for value in late(f"o{number}", f"c{number}"):
                sent.append(producer.send("orders", value, key=f"c{number}".encode()))
        producer.flush(timeout=120)
        self.refused["events"] = sum(not each.succeeded() for each in sent)
        producer.close()

    def work(self) -> None:
        """The steps again and again, as the DAGs run them; errors are what a retry is for."""
        parts = self.parts()
        while not self.over.wait(EVERY):
            try:
                tidy_up(parts)
                run_batch(parts, Batch(str(uuid.uuid4()), "apology"))
            except AftercareError as error:
                self.refused[str(error)] += 1
        parts.engine.dispose()

    def until(self, what: Callable[[], bool], seconds: float = 120) -> None:
        """Tend the stack, as `aftercare up` does, until something is so."""

        def tended() -> bool:
            self.whole.tend()
            return what()

        assert wait_until(tended, seconds, pause=0.2), self.told_so_far()

    def progress(self, more: int = 10) -> None:
        """So many more orders have been answered than at this moment."""
        answered = len(self.sender.mails)
        self.until(lambda: len(self.sender.mails) >= answered + more)

    def heard(self, words: str) -> bool:
        """Whether the operator was told so."""
        return any(words in line for line in self.said)

    def log(self) -> str:
        return "".join(p.read_text() for p in self.home.glob("logs/consumers-*.log"))

    @property
    def home(self) -> Path:
        return Path(self.whole.env["AFTERCARE_HOME"])

    def told_so_far(self) -> str:
        return "\n".join([*self.said, str(self.refused), self.log()[-3000:]])

    def reconcile(self) -> subprocess.CompletedProcess[str]:
        # As an operator does in another terminal.
        return subprocess.run(
            ["sh", "-c", f". {self.home}/stack.env && {sys.executable} -m aftercare reconcile"],
            env={k: v for k, v in os.environ.items() if not k.startswith("AFTERCARE_")},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


def late(order: str, customer: str) -> list[bytes]:
    now = datetime.now(UTC)
    person = {"email": f"{customer}@example.com", "first_name": "Ana", "language": "en"}
    promised = (now - timedelta(days=3)).date().isoformat()
    placed = {"promised_on": promised, "customer": person}
    return [
        event("order.placed", order, customer, now - timedelta(days=9), placed),
        event("order.delivered", order, customer, now, {}),
    ]


def event(kind: str, order: str, customer: str, at: datetime, data: dict[str, Any]) -> bytes:
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "type": kind,
            "id": f"{order}:{kind}",
            "source": "/test",
            "time": at.isoformat(),
            "data": {"customer_id": customer, "order_id": order, **data},
        }
    )


@pytest.fixture
def life(monkeypatch: pytest.MonkeyPatch) -> Iterator[Life]:
    require(ApacheKafka)
    require(Postgres)
    with tempfile.TemporaryDirectory(prefix="aftercare-") as folder:
        home = Path(folder)
        home.chmod(0o755)  # PostgreSQL's own user must get through
        (home / "rules").mkdir()
        (home / "rules" / "late.yml").write_text(RULE)
        (home / "policy.yml").write_text("apologies: {most: 1000000}\n")
        said: list[str] = []
        env = {
            "AFTERCARE_RULES": str(home / "rules"),
            "AFTERCARE_POLICY": str(home / "policy.yml"),
            "AFTERCARE_LEASE": "10",
            "AFTERCARE_SESSION_TIMEOUT_MS": "10000",
        }
        plan = Plan(home, kafka="apache", store="postgres", airflow=False, env=env, say=said.append)
        with whole_stack(plan) as whole, living(Life(whole, said)) as found:
            yield found


@contextmanager
def living(life: Life) -> Iterator[Life]:
    threads = [threading.Thread(target=each) for each in (life.sell, life.work)]
    for thread in threads:
        thread.start()
    try:
        yield life
    finally:
        life.closed.set()
        life.over.set()
        for thread in threads:
            thread.join()


def adds_up(life: Life) -> None:
    """The shop closes; everything that it sold is answered once, and reconcile agrees."""
    life.closed.set()
    parts = life.parts()
    life.until(lambda: all_settled(life, reconcile(parts, kafka_ends)))
    sums = reconcile(parts, kafka_ends)
    parts.engine.dispose()
    assert life.refused["events"] == 0
    assert (sums.wrong, sums.dead, sums.facts) == ([], 0, 2 * len(life.told))
    # What was under way to the provider while the store died may be unknown, and is not repeated.
    sent, unknown = sums.outcomes["sent"], sums.outcomes.get("unknown", 0)
    assert sent <= len(life.sender.accepted) <= sent + unknown
    assert unknown <= 5
    assert set(life.sender.accepted.values()) == {1}
    done = life.reconcile()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "everything adds up" in done.stdout


def all_settled(life: Life, sums: Sums) -> bool:
    settled = sums.outcomes.keys() <= {"sent", "unknown"} and sums.triggers == len(life.told)
    return settled and sums.behind == 0


def test_servers_that_are_killed_come_back_alone_and_everything_adds_up(life: Life) -> None:
    for name, words in (("kafka", "Kafka does not answer at"), ("postgres", "cannot be reached")):
        life.progress()
        os.kill(life.whole.servers.pids[name], signal.SIGKILL)
        # Nobody tends the stack meanwhile, so the server stays away for long enough to be missed.
        assert wait_until(lambda words=words: words in life.log(), 60), life.told_so_far()  # type: ignore[misc]
        life.until(lambda name=name: life.heard(f"{name} is well again after"))  # type: ignore[misc]
        assert life.heard(f"{name} ended with code -9; starting it again in 1 s")
    life.progress()
    adds_up(life)
    assert "Traceback" not in life.log()


def test_servers_that_stand_still_for_a_while_are_waited_for_and_everything_adds_up(
    life: Life,
) -> None:
    for name in ("kafka", "postgres"):
        life.progress()
        group = life.whole.servers.pids[name]
        os.killpg(group, signal.SIGSTOP)
        thawing = time.monotonic() + STILL
        life.until(lambda end=thawing: time.monotonic() >= end)  # type: ignore[misc]
        os.killpg(group, signal.SIGCONT)
    life.progress()
    adds_up(life)
    assert not life.heard("ended with code")
    assert "Traceback" not in life.log()
