"""What docker-compose.yml says about Airflow really starts: FAB, Celery, Redis and PostgreSQL.

There is no Docker engine here, so the commands and environments of the services are taken out of
the file, their host names are turned into ports of this machine, and they run as processes.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from aftercare.stack.airflow_token import token
from aftercare.stack.ports import free_ports, is_open
from aftercare.stack.postgres import Postgres
from aftercare.stack.supervisor import Service, Supervisor
from aftercare.stack.waiting import http_ok
from tests.integration.airflow_api import HELLO, AirflowApi

pytestmark = [pytest.mark.airflow, pytest.mark.postgres]

ROOT = Path(__file__).parents[2]
NEEDED = ("redis-server", "docker-compose")
PARTS = ("api-server", "scheduler", "dag-processor", "worker")


@dataclass(frozen=True)
class Site:
    """A copy of the compose project, and where this machine runs what its hosts would."""

    home: Path
    services: dict[str, dict[str, Any]]
    secrets: dict[str, str]
    database: str
    api_port: int
    redis_port: int

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.api_port}"

    def environment(self, service: str) -> dict[str, str]:
        """A service's own variables, with hosts and folders of this machine."""
        wanted = {name: self._here(str(v)) for name, v in self._declared(service).items()}
        return {
            **os.environ,
            **wanted,
            "AIRFLOW_HOME": str(self.home / "airflow"),
            "AIRFLOW__API__PORT": str(self.api_port),
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.home / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "dags" / "plugins"),
            "PYTHONPATH": f"{ROOT}:{ROOT / 'dags' / 'config'}",
            "PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}",
        }

    def command(self, service: str) -> list[str]:
        """A service's own command; compose writes `$$` for a dollar sign."""
        return [word.replace("$$", "$") for word in self.services[service]["command"]]

    def _declared(self, service: str) -> dict[str, Any]:
        found: dict[str, Any] = self.services[service]["environment"]
        return found

    def _here(self, value: str) -> str:
        value = re.sub(r"postgresql\+psycopg://airflow:\S+/airflow", self.database, value)
        value = value.replace("@redis:6379", f"@127.0.0.1:{self.redis_port}")
        value = re.sub(r"(api-server|127\.0\.0\.1):8080", f"127.0.0.1:{self.api_port}", value)
        return value.replace("/var/lib/airflow", str(self.home / "airflow"))


@pytest.fixture(scope="module")
def site(postgres_server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Site:
    missing = [tool for tool in NEEDED if shutil.which(tool) is None]
    if missing and os.environ.get("CI"):
        pytest.fail(f"not installed: {missing}")
    if missing:
        pytest.skip(f"not installed: {missing}")
    home = tmp_path_factory.mktemp("compose")
    services = _configured(home)
    (home / "dags").mkdir()
    (home / "dags" / "hello.py").write_text(HELLO)
    lines = (home / ".env").read_text().splitlines()
    secrets = dict(line.split("=", 1) for line in lines if "=" in line and line[0] != "#")
    database = postgres_server.create("compose_airflow")
    return Site(home, services, secrets, database, *free_ports(2))


@pytest.fixture(scope="module")
def running(site: Site) -> Iterator[Site]:
    init = [str(ROOT / "scripts" / "airflow-init")]
    for _ in range(2):  # safe to repeat
        subprocess.run(init, env=site.environment("airflow-init"), check=True, capture_output=True)
    with Supervisor(site.home / "logs") as supervisor:
        supervisor.start([_redis(site)])
        supervisor.start([_part(site, name) for name in PARTS])
        yield site


def test_the_consumers_user_may_wake_a_dag_and_a_worker_runs_it(running: Site) -> None:
    bearer = token(running.api, "aftercare", running.secrets["AIRFLOW_WAKER_PASSWORD"])
    assert AirflowApi(running.api, bearer).finish("hello", "from-compose", 90) == "success"


def test_the_administrator_may_log_in(running: Site) -> None:
    assert token(running.api, "admin", running.secrets["AIRFLOW_ADMIN_PASSWORD"])


@pytest.mark.parametrize("name", ["scheduler", "dag-processor", "worker", "api-server"])
def test_health_checks_find_their_service(running: Site, name: str) -> None:
    kind, *check = running.services[name]["healthcheck"]["test"]
    words = [word.replace("$$", "$").replace(":8080", f":{running.api_port}") for word in check]
    argv = ["sh", "-c", words[0]] if kind == "CMD-SHELL" else words
    environment = running.environment(name) | {"HOSTNAME": os.uname().nodename}
    subprocess.run(argv, env=environment, check=True, capture_output=True, timeout=60)


def _configured(home: Path) -> dict[str, dict[str, Any]]:
    """docker-compose.yml as docker-compose understands it, with freshly made secrets."""
    (home / "scripts").mkdir()
    for path in ("docker-compose.yml", ".env.example", "scripts/secrets", "scripts/postgres-init"):
        shutil.copy(ROOT / path, home / path)
    subprocess.run(["scripts/secrets"], cwd=home, check=True, capture_output=True)
    shown = subprocess.run(
        ["docker-compose", "config"], cwd=home, check=True, capture_output=True, text=True
    )
    services: dict[str, dict[str, Any]] = yaml.safe_load(shown.stdout)["services"]
    return services


def _redis(site: Site) -> Service:
    shell, flag, line = site.command("redis")
    environment = {**os.environ, "REDISCLI_AUTH": site.secrets["REDIS_PASSWORD"]}
    argv = [shell, flag, f"{line} --port {site.redis_port}"]
    return Service("redis", argv, environment, lambda: is_open(site.redis_port), cwd=site.home)


def _part(site: Site, name: str) -> Service:
    healthy = (lambda: http_ok(f"{site.api}/api/v2/version")) if name == "api-server" else _at_once
    environment = site.environment(name)
    return Service(name, site.command(name), environment, healthy, 90, site.home)


def _at_once() -> bool:
    return True
