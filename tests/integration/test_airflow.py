"""A local Airflow under our supervisor: it runs DAGs, forgives bursts, restarts what dies."""

import os
import signal
import stat
import urllib.error
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aftercare.stack.airflow import Airflow
from aftercare.stack.errors import StackError
from aftercare.stack.waiting import wait_until
from tests.integration.airflow_api import HELLO, AirflowApi

pytestmark = pytest.mark.airflow


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    dags = tmp_path_factory.mktemp("dags")
    (dags / "hello.py").write_text(HELLO)
    with Airflow(dags=dags) as running:
        yield running


@pytest.fixture(scope="module")
def api(airflow: Airflow) -> AirflowApi:
    return AirflowApi(airflow.address, airflow.token("op"))


def test_a_woken_dag_runs_with_great_expectations_already_imported(api: AirflowApi) -> None:
    assert api.finish("hello", "first") == "success"
    assert api.result("hello", "first", "preloaded") is True


def test_knocking_twice_for_one_batch_starts_one_run(api: AirflowApi) -> None:
    assert api.finish("hello", "again") == "success"
    with pytest.raises(urllib.error.HTTPError, match="409"):
        api.wake("hello", "again")


def test_a_burst_of_knocks_does_not_lock_sqlite(airflow: Airflow, api: AirflowApi) -> None:
    assert wait_until(lambda: api.knows("hello"), 60)
    before = airflow.supervisor.pids
    with ThreadPoolExecutor(4) as posters:
        list(posters.map(lambda number: api.wake("hello", f"burst-{number}"), range(24)))
    last = {f"burst-{number}" for number in range(24)}
    assert wait_until(lambda: all(api.state("hello", run) == "success" for run in last), 120, 1)
    assert airflow.supervisor.pids == before


def test_a_part_that_dies_is_started_again(airflow: Airflow, api: AirflowApi) -> None:
    before = airflow.supervisor.pids["airflow-scheduler"]
    os.kill(before, signal.SIGKILL)

    def revived() -> bool:
        airflow.tend()
        return airflow.supervisor.pids.get("airflow-scheduler", before) != before

    assert wait_until(revived, 30, 0.2)
    assert api.finish("hello", "after-the-crash", 90) == "success"


def test_a_wrong_password_is_refused_in_words(airflow: Airflow) -> None:
    from aftercare.stack.airflow_token import token

    with pytest.raises(StackError, match="Airflow refused user 'admin': 401"):
        token(airflow.address, "admin", "guess")


def test_generated_secrets_are_for_their_owner_only(airflow: Airflow) -> None:
    files: list[Path] = [airflow.home / "secrets.json", airflow.home / "passwords.json"]
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600, 0o600]
