"""The DAG files: they parse without a connection, explain themselves, and run end to end."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.airflow

PARSE = """
import json, sys
from airflow.utils.db import initdb
initdb()
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1], collect_dags=True)
print("RESULT", json.dumps({
    "errors": {str(k): str(v)[-2000:] for k, v in bag.import_errors.items()},
    "dags": {d: {"doc": dag.doc_md, "active": dag.max_active_runs, "tasks": dag.task_ids,
                 "pools": sorted({t.pool for t in dag.tasks})}
             for d, dag in bag.dags.items()},
}))
"""


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    import json

    home = tmp_path_factory.mktemp("airflow")
    env = {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "dags")]),
        # Whoever connects while parsing fails: nobody listens there.
        "AFTERCARE_STORE": "postgresql://nobody@127.0.0.1:1/nothing",
    }
    done = subprocess.run(
        [sys.executable, "-c", PARSE, str(ROOT / "dags")],
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    line = next((x for x in done.stdout.splitlines() if x.startswith("RESULT ")), None)
    assert line is not None, done.stderr[-3000:]
    found: dict[str, dict[str, object]] = json.loads(line.removeprefix("RESULT "))
    return found


def test_every_dag_parses_without_a_connection(parsed: dict[str, dict[str, object]]) -> None:
    assert parsed["errors"] == {}
    wanted = {"apologies", "check_ins", "small_extras", "promises", "upkeep"}
    assert set(parsed["dags"]) == wanted


def test_every_dag_shows_its_runbook_and_runs_once_at_a_time(
    parsed: dict[str, dict[str, object]],
) -> None:
    for dag in parsed["dags"].values():
        assert isinstance(dag, dict)
        assert "safe" in dag["doc"]
        assert dag["active"] == 1


def test_sending_tasks_share_a_pool(parsed: dict[str, dict[str, object]]) -> None:
    apologies = parsed["dags"]["apologies"]
    assert isinstance(apologies, dict)
    assert "sendgrid" in apologies["pools"]
    steps = [t.split(".")[-1] for t in apologies["tasks"]]
    assert steps == ["claim", "check", "decide", "compose", "send", "record"]
