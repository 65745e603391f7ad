"""Airflow as three processes under our own supervisor: api-server, scheduler, dag-processor.

`airflow standalone` takes three times as long to start and leaves orphans behind.
"""

import hashlib
import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

from aftercare.settings import ROOT
from aftercare.stack import airflow_secrets
from aftercare.stack.airflow_env import airflow_env
from aftercare.stack.airflow_pool import POOL, POOL_SLOTS, make_pool
from aftercare.stack.airflow_token import token
from aftercare.stack.errors import StackError
from aftercare.stack.ports import LOOPBACK
from aftercare.stack.server import Server
from aftercare.stack.supervisor import Service, Supervisor
from aftercare.stack.waiting import http_ok, wait_until

PARTS = ("api-server", "scheduler", "dag-processor")


class Airflow(Server):
    """One local Airflow with the LocalExecutor.

    dags: the DAG folder. sql_conn: metadata database, empty for SQLite under `home`. env: added to
    the environment of every component, e.g. `AFTERCARE_STORE`. say: hears about restarts.
    """

    name = "airflow"

    def __init__(
        self,
        home: Path | None = None,
        port: int | None = None,
        *,
        dags: Path = ROOT / "dags",
        sql_conn: str = "",
        env: Mapping[str, str] | None = None,
        parallelism: int = 4,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        super().__init__(home, port)
        self.home.mkdir(parents=True, exist_ok=True)
        self.env = airflow_env(
            self.home, self.port, dags=dags, sql_conn=sql_conn, parallelism=parallelism
        ) | dict(env or {})
        self.supervisor = Supervisor(self.home / "logs", say)

    @property
    def address(self) -> str:
        """Base URL of the page and the API."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def alive(self) -> bool:
        """True while all three parts run."""
        return self.supervisor.all_alive

    def password(self, user: str = "admin") -> str:
        """The generated password of admin, op or viewer."""
        return airflow_secrets.password(self.home, user)

    def token(self, user: str = "admin") -> str:
        """A bearer token for the public API."""
        return token(self.address, user, self.password(user))

    def start(self) -> None:
        self._migrate()
        self.supervisor.start([self._service(part) for part in PARTS])
        if not wait_until(self._schedules, 60, pause=0.25):
            raise StackError(f"Airflow's scheduler gives no heartbeat; see {self.home / 'logs'}")
        # the first call of the execution API costs four seconds: not at a task's expense
        wait_until(lambda: http_ok(f"{self.address}/execution/health"), 30)
        make_pool(self.address, self.token(), POOL, POOL_SLOTS)

    def tend(self) -> None:
        """Restart what has died; call it about once a second."""
        self.supervisor.tend()

    def stop(self) -> None:
        self.supervisor.stop(grace=20)
        super().stop()

    def run(self, *arguments: str, seconds: float = 120) -> str:
        """Run `airflow <arguments>` in this environment; returns its output. Raises StackError."""
        done = subprocess.run(
            [*_airflow(), *arguments],
            env=self.env,
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if done.returncode != 0:
            last = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
            raise StackError(f"`airflow {' '.join(arguments)}` failed:\n{last}")
        return done.stdout

    def _migrate(self) -> None:
        """Bring the database up to this Airflow's schema; once for a database and a version."""
        stamp = self.home / "migrated"
        conn = self.env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
        state = f"{version('apache-airflow')} {_hash(conn)}"
        if stamp.exists() and stamp.read_text() == state:
            return
        self.run("db", "migrate")
        stamp.write_text(state)

    def _service(self, part: str) -> Service:
        extra = ["--skip-serve-logs"] if part == "scheduler" else []  # its port is not ours to take
        healthy = self._answers if part == "api-server" else (lambda: True)
        argv = [*_airflow(), part, *extra]
        return Service(f"airflow-{part}", argv, self.env, healthy, cwd=self.home)

    def _answers(self) -> bool:
        return http_ok(f"{self.address}/api/v2/version")

    def _schedules(self) -> bool:
        try:
            with urllib.request.urlopen(  # noqa: S310 - our own address
                f"{self.address}/api/v2/monitor/health", timeout=5
            ) as page:
                health = json.load(page)
        except (OSError, ValueError):
            return False
        return all(
            (health.get(part) or {}).get("status") == "healthy"
            for part in ("metadatabase", "scheduler", "dag_processor")
        )


def _airflow() -> list[str]:
    return [sys.executable, "-m", "airflow"]


def _hash(text: str) -> str:
    """A database URL holds a password; its hash may be written down."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
