"""A store of another schema than the code's: everybody refuses it kindly, and nobody touches it."""

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from aftercare import settings
from aftercare.cli.main import main
from aftercare.errors import SchemaError
from aftercare.store import upgrade as schema
from aftercare.store.engine import open_store, writing
from consumers.loop import run

NEXT = '''
"""One table more."""

from alembic import op
import sqlalchemy as sa

revision, down_revision, branch_labels, depends_on = "0002", "0001", None, None


def upgrade() -> None:
    op.create_table("more", sa.Column("id", sa.Integer, primary_key=True))
'''

TASK = """
import sys
from pathlib import Path
from airflow.exceptions import AirflowFailException
from aftercare.store import upgrade
from chain.workshop import run_step
upgrade.MIGRATIONS = Path(sys.argv[1])
try:
    run_step("claim", "apology", "batch")
except AirflowFailException as failed:
    print(failed)
"""

NEVER = "the store has no tables yet; run `aftercare store upgrade`"
OLDER = "the store is older (0001) than the code (0002); run `aftercare store upgrade`"
NEWER = (
    "the store is newer (9999) than the code (0001); install the newer Aftercare that upgraded it"
)

Refusal = Callable[[], str]


class Store:
    """A SQLite store in any state, and everybody who might use it, in this process."""

    def __init__(self, home: Path, said: pytest.CaptureFixture[str]) -> None:
        self.path, self._said = home / "aftercare.db", said

    def upgrade(self) -> None:
        assert schema.upgrade(open_store(f"sqlite:///{self.path}")) == schema.head()

    def mark(self, revision: str) -> None:
        with writing(open_store(f"sqlite:///{self.path}")) as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": revision})

    def content(self) -> list[str]:
        with closing(sqlite3.connect(self.path)) as connection:
            return list(connection.iterdump())

    def command(self, *argv: str) -> str:
        """The one line with which a command of ours refuses."""
        sys.argv = ["aftercare", *argv]
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 2
        return self._said.readouterr().err.strip().removeprefix("error: ")

    def consumer(self) -> str:
        """What a consumer ends with."""
        with pytest.raises(SchemaError) as refused:
            run(settings.load(), ["orders"], threading.Event())
        return str(refused.value)

    def task(self) -> str:
        """What a task of a DAG fails with, without another try; Airflow wants a process of its own."""
        folders = os.pathsep.join([str(settings.ROOT), str(settings.ROOT / "dags")])
        done = subprocess.run(
            [sys.executable, "-c", TASK, str(schema.MIGRATIONS)],
            env={**os.environ, "PYTHONPATH": folders},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return done.stdout.strip().splitlines()[-1]

    @property
    def everybody(self) -> dict[str, Refusal]:
        return {
            "status": lambda: self.command("status"),
            "run": lambda: self.command("run", "apology"),
            "reconcile": lambda: self.command("reconcile"),
            "check": lambda: self.command("store", "check"),
            "consumer": self.consumer,
            "task": self.task,
        }


@pytest.fixture
def store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Store:
    monkeypatch.setenv("AFTERCARE_HOME", str(tmp_path))
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "airflow"))
    monkeypatch.setattr(sys, "argv", sys.argv)
    return Store(tmp_path, capsys)


def all_refuse(store: Store, words: str) -> None:
    before = store.content()
    assert {name: refusal() for name, refusal in store.everybody.items()} == dict.fromkeys(
        store.everybody, words
    )
    assert store.content() == before


def one_migration_more(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on the code is written for revision 0002."""
    shutil.copytree(schema.MIGRATIONS, folder)
    (folder / "versions" / "0002_more.py").write_text(NEXT)
    monkeypatch.setattr(schema, "MIGRATIONS", folder)


def test_a_store_that_was_never_set_up_is_refused_with_the_mend(store: Store) -> None:
    all_refuse(store, NEVER)
    store.upgrade()
    schema.check_schema(open_store(f"sqlite:///{store.path}"))


def test_a_store_older_than_the_code_is_refused_until_it_is_upgraded(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.upgrade()
    one_migration_more(tmp_path / "migrations", monkeypatch)
    all_refuse(store, OLDER)
    store.upgrade()
    schema.check_schema(open_store(f"sqlite:///{store.path}"))


def test_a_store_newer_than_the_code_is_refused_by_the_upgrade_too(store: Store) -> None:
    store.upgrade()
    store.mark("9999")
    all_refuse(store, NEWER)
    before = store.content()
    assert store.command("store", "upgrade") == NEWER
    assert store.content() == before
