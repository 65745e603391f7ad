"""The whole environment of Airflow's components, in one function, with the reasons."""

import os
from pathlib import Path

from aftercare.settings import ROOT
from aftercare.stack import airflow_secrets
from aftercare.stack.ports import LOOPBACK


def airflow_env(
    home: Path,
    api_port: int,
    *,
    dags: Path = ROOT / "dags",
    sql_conn: str = "",
    parallelism: int = 4,
) -> dict[str, str]:
    """Everything that differs from Airflow's defaults, on top of our own environment.

    home: AIRFLOW_HOME, absolute. dags: the DAG folder; its `plugins/` and `config/` are used.
    sql_conn: SQLAlchemy URL of the metadata database; empty is SQLite under `home`.
    """
    sql_conn = sql_conn or f"sqlite:///{home / 'airflow.db'}"
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("AIRFLOW")}
    wanted = {**_place(home, dags), **_api(home, api_port), **_pace(parallelism)}
    wanted |= _database(sql_conn)
    return {
        **inherited,
        "AIRFLOW_HOME": str(home),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "dags" / "config")]),
        **{f"AIRFLOW__{name}": value for name, value in wanted.items()},
    }


def _place(home: Path, dags: Path) -> dict[str, str]:
    return {
        "CORE__DAGS_FOLDER": str(dags),
        "CORE__PLUGINS_FOLDER": str(ROOT / "dags" / "plugins"),
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__EXECUTOR": "LocalExecutor",
        # what is sent is decided by rules and policy; a paused DAG would only be stuck in silence
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CORE__FERNET_KEY": airflow_secrets.keys(home).fernet,
        "LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "LOGGING__COLORED_CONSOLE_LOG": "False",
        "USAGE_DATA_COLLECTION__ENABLED": "False",
    }


def _api(home: Path, port: int) -> dict[str, str]:
    users = ",".join(f"{name}:{role}" for name, role in airflow_secrets.USERS.items())
    return {
        "API__HOST": LOOPBACK,
        "API__PORT": str(port),
        "API__BASE_URL": f"http://{LOOPBACK}:{port}",
        "API__SECRET_KEY": airflow_secrets.keys(home).api,
        "API__WORKERS": "1",
        "API_AUTH__JWT_SECRET": airflow_secrets.keys(home).jwt,
        "CORE__EXECUTION_API_SERVER_URL": f"http://{LOOPBACK}:{port}/execution/",
        "CORE__SIMPLE_AUTH_MANAGER_USERS": users,
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(airflow_secrets.passwords_file(home)),
    }


def _pace(parallelism: int) -> dict[str, str]:
    """A woken DAG's first task begins within a second instead of several."""
    return {
        "CORE__PARALLELISM": str(parallelism),
        "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.25",
        # at the default of 5 a finished child can be noticed five seconds late
        "WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        "DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "DAG_PROCESSOR__PRINT_STATS_INTERVAL": "0",
    }


def _database(sql_conn: str) -> dict[str, str]:
    conn = {"DATABASE__SQL_ALCHEMY_CONN": sql_conn}
    if not sql_conn.startswith("sqlite"):
        # psycopg speaks both; left alone, Airflow would ask for asyncpg
        conn["DATABASE__SQL_ALCHEMY_CONN_ASYNC"] = sql_conn
    return conn
