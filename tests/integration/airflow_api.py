"""The few calls of Airflow's public API that tests need."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from aftercare.stack.waiting import wait_until

HELLO = """
from airflow.sdk import dag, task


@dag(schedule=None, is_paused_upon_creation=False)
def hello():
    @task
    def preloaded():
        import sys

        return "great_expectations" in sys.modules

    preloaded()


hello()
"""


@dataclass(frozen=True)
class AirflowApi:
    """base_url without a slash at its end; a bearer token."""

    base_url: str
    token: str

    def call(self, method: str, path: str, body: object = None) -> Any:
        """One call; `path` begins after /api/v2/. Raises urllib's HTTPError."""
        request = urllib.request.Request(
            f"{self.base_url}/api/v2/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def knows(self, dag: str) -> bool:
        try:
            return bool(self.call("GET", f"dags/{dag}")["dag_id"])
        except urllib.error.HTTPError:
            return False

    def wake(self, dag: str, run: str) -> None:
        body = {"logical_date": None, "dag_run_id": run}
        self.call("POST", f"dags/{dag}/dagRuns", body)

    def state(self, dag: str, run: str) -> str:
        return str(self.call("GET", f"dags/{dag}/dagRuns/{run}")["state"])

    def result(self, dag: str, run: str, task: str) -> Any:
        path = f"dags/{dag}/dagRuns/{run}/taskInstances/{task}/xcomEntries/return_value"
        return self.call("GET", path)["value"]

    def finish(self, dag: str, run: str, seconds: float = 60) -> str:
        """Wake a DAG as soon as it is known and wait for the run's final state."""
        assert wait_until(lambda: self.knows(dag), seconds, pause=0.2), f"{dag} never appeared"
        self.wake(dag, run)
        done = {"success", "failed"}
        wait_until(lambda: self.state(dag, run) in done, seconds, pause=0.2)
        return self.state(dag, run)
