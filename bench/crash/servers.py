"""The servers of a run: Apache Kafka, PostgreSQL and a provider that counts."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from aftercare.settings import ROOT
from aftercare.sources.topics import ensure_topics
from aftercare.stack.apache_kafka import ApacheKafka
from aftercare.stack.ports import LOOPBACK, free_port, is_open
from aftercare.stack.postgres import Postgres
from aftercare.stack.server import Server
from aftercare.stack.waiting import wait_until
from aftercare.store.engine import open_store
from aftercare.store.upgrade import upgrade
from bench.crash.ground import Ground

Restarts = dict[str, Callable[[], None]]

SESSION_MS = 1_500
"""How soon the group misses a consumer that was killed."""


@contextmanager
def servers(home: Path) -> Iterator[tuple[Ground, Restarts]]:
    """Everything that a run stands on, and how to kill each server and start it again."""
    home.mkdir(parents=True, exist_ok=True)
    with ApacheKafka(home / "kafka") as kafka, Postgres() as postgres, provider(home) as address:
        ledger = home / "accepted.txt"
        ground = Ground(home, kafka.address, postgres.address, address, ledger, SESSION_MS)
        ground.write()
        ensure_topics(kafka.address, 4, 1)
        engine = open_store(ground.settings.store_url)
        upgrade(engine)
        engine.dispose()
        yield ground, {"Kafka": _again(kafka), "PostgreSQL": _again(postgres)}


def _again(server: Server) -> Callable[[], None]:
    def restart() -> None:
        if server.child is not None:
            server.child.kill()
        server.start()

    return restart


@contextmanager
def provider(home: Path) -> Iterator[str]:
    """The counting provider as a process of its own, the only one that is never killed; its address.
    It writes each follow-up that it accepts to `accepted.txt`, one a line."""
    port = free_port()
    argv = [sys.executable, "-m", "tests.fakes.sendgrid", "--port", str(port)]
    argv += ["--ledger", str(home / "accepted.txt")]
    process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: is_open(port), 20)
        yield f"http://{LOOPBACK}:{port}"
    finally:
        process.kill()
        process.wait()
