"""Aftercare's processes over one store and one broker, and disks that can be filled."""

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, create_engine, func, select

from aftercare.settings import ROOT, Settings
from aftercare.stack.waiting import wait_until
from aftercare.steps.parts import Parts, build
from aftercare.store.engine import open_store, reading
from aftercare.store.tables import orders
from aftercare.upkeep.kafka_ends import kafka_ends
from aftercare.upkeep.reconcile import Sums, reconcile


@dataclass
class Troubled:
    """Starts processes with these settings, tells them events, and hears what they say."""

    settings: Settings
    prefix: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def env(self) -> dict[str, str]:
        given = self.settings
        clean = {k: v for k, v in os.environ.items() if not k.startswith("AFTERCARE_")}
        return clean | {
            "AFTERCARE_HOME": str(given.home),
            "AFTERCARE_STORE": given.store,
            "AFTERCARE_KAFKA": given.kafka,
            "AFTERCARE_KAFKA_USERNAME": given.kafka_username,
            "AFTERCARE_KAFKA_PASSWORD": given.kafka_password,
            "AFTERCARE_PARTITIONS": str(given.partitions),
            "AFTERCARE_CONSUMER_GROUP": given.consumer_group,
            "AFTERCARE_SESSION_TIMEOUT_MS": str(given.session_timeout_ms),
            # Other tests may have left dirt on a shared broker.
            "AFTERCARE_DEAD_LETTER_ROWS": "100000",
        }

    def consume(self) -> subprocess.Popen[bytes]:
        """A consumer process; it writes to its own log."""
        with self.log(len(self.running)).open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "consumers"], env=self.env, cwd=ROOT, stdout=log, stderr=log
            )
        self.running.append(process)
        return process

    def log(self, number: int = 0) -> Path:
        return self.settings.home / f"consumer-{number}.log"

    def says(self, words: str, number: int = 0) -> int:
        """How often a consumer said these words so far."""
        return self.log(number).read_text().count(words)

    def hears(self, words: str, number: int = 0, seconds: float = 60) -> None:
        """Wait until a consumer says these words."""
        heard = wait_until(lambda: self.says(words, number) > 0, seconds)
        assert heard, f"never said {words!r}:\n{self.log(number).read_text()[-2000:]}"

    def aftercare(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one command of ours to its end."""
        return subprocess.run(
            [sys.executable, "-m", "aftercare", *arguments],
            env=self.env,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def refuses(self, *arguments: str) -> str:
        """A command that ends with 2 and one kind line; returns the line."""
        done = self.aftercare(*arguments)
        assert done.returncode == 2, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stderr.strip()

    def produce(self, first: int, number: int, weight: int = 0) -> None:
        """Orders `first` to `first + number - 1`; each carries about `weight` bytes of goods."""
        from kafka import KafkaProducer

        producer = KafkaProducer(bootstrap_servers=self.settings.kafka)
        sent = [
            producer.send("orders", self._order(n, weight), key=f"{self.prefix}-c{n % 7}".encode())
            for n in range(first, first + number)
        ]
        producer.flush(timeout=60)
        assert all(each.succeeded() for each in sent)
        producer.close()

    def _order(self, number: int, weight: int) -> bytes:
        data: dict[str, Any] = {
            "customer_id": f"{self.prefix}-c{number % 7}",
            "order_id": f"{self.prefix}-o{number}",
        }
        # random, because a database may compress what repeats
        names = [os.urandom(100).hex() for _ in range(weight // 200)]
        data["items"] = [{"name": name} for name in names]
        event = {
            "specversion": "1.0",
            "type": "order.placed",
            "id": f"{self.prefix}-{number}",
            "source": "/test",
            "time": "2026-01-05T12:00:00Z",
            "data": data,
        }
        return msgspec.json.encode(event)

    @property
    def engine(self) -> Engine:
        return open_store(self.settings.store_url)

    def orders(self) -> int:
        """How many of our orders are facts."""
        engine = self.engine
        number = self.counted(engine)
        engine.dispose()
        return number

    def counted(self, engine: Engine) -> int:
        """The same, over an engine that is there already."""
        query = select(func.count()).select_from(orders)
        query = query.where(orders.c.order_id.startswith(self.prefix))
        with reading(engine) as connection:
            return int(connection.execute(query).scalar_one())

    def arrived(self, number: int, seconds: float = 90) -> None:
        """Wait until so many of our orders are facts."""
        came = wait_until(lambda: self.orders() == number, seconds, pause=0.2)
        last = "\n".join(p.read_text()[-2000:] for p in self.settings.home.glob("consumer-*.log"))
        assert came, f"{self.orders()} of {number} orders:\n{last}"

    def sums(self) -> Sums:
        parts: Parts = build(self.settings)
        found = reconcile(parts, kafka_ends)
        parts.engine.dispose()
        return found

    def stop(self) -> None:
        for process in self.running:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.running:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def troubled(home: Path, **settings: Any) -> Iterator[Troubled]:
    """Processes that are ended for certain."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    given: dict[str, Any] = {"consumer_group": name, "session_timeout_ms": 6000, "partitions": 1}
    found = Troubled(Settings(home=home, **(given | settings)))
    try:
        yield found
    finally:
        found.stop()


@dataclass(frozen=True)
class SmallDisk:
    """A disk of its own that can be filled to the last byte, and emptied."""

    folder: Path

    def fill(self) -> None:
        with (self.folder / "ballast").open("ab", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                return

    def make_room(self) -> None:
        (self.folder / "ballast").unlink()

    def remount(self, how: str) -> None:
        """`ro` or `rw`."""
        subprocess.run(["mount", "-o", f"remount,{how}", self.folder], check=True)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[SmallDisk]:
    """A tmpfs of this size; skips the test where mounting is not allowed."""
    folder.mkdir()
    argv = ["mount", "-t", "tmpfs", "-o", f"size={size}", "aftercare-test", str(folder)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"a small disk needs the right to mount: {done.stderr.strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def execute(url: str, *statements: str) -> None:
    """Run statements outside of any transaction, as an administrator would."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()
