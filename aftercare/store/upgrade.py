"""Bringing the store's schema to the code's, with Alembic; and refusing to work on another one."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, func, select

from aftercare.errors import SchemaError
from aftercare.store import guard
from aftercare.store.engine import is_postgres, reading, writing

MIGRATIONS = Path(__file__).parent / "migrations"

_LOCK = 0x0AF7E2CA2E
"""An advisory lock of ours on Postgres; any number that nobody else uses."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def upgrade(engine: Engine) -> str:
    """Run every migration that is missing; returns the revision reached. Safe to run again, and by
    several processes at once. Raises SchemaError for a store that a newer Aftercare upgraded."""
    with writing(engine) as connection:
        _one_at_a_time(connection)
        _refuse_newer(_revision(connection))
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        guard.install(connection)
    return head()


def _one_at_a_time(connection: Connection) -> None:
    # SQLite has one writer anyway; Postgres would let two make the same table and fail one.
    if is_postgres(connection):
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def head() -> str:
    """The revision this code is written for."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def revision(engine: Engine) -> str | None:
    """The store's own revision; None when it was never set up."""
    with reading(engine) as connection:
        return _revision(connection)


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def check_schema(engine: Engine) -> None:
    """Raises SchemaError when the store's schema is missing, older or newer than the code."""
    found, wanted = revision(engine), head()
    if found == wanted:
        return
    if found is None:
        raise SchemaError("the store has no tables yet; run `aftercare store upgrade`")
    _refuse_newer(found)
    raise SchemaError(
        f"the store is older ({found}) than the code ({wanted}); run `aftercare store upgrade`"
    )


def _refuse_newer(found: str | None) -> None:
    known = {s.revision for s in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found is not None and found not in known:
        raise SchemaError(
            f"the store is newer ({found}) than the code ({head()}); install the newer Aftercare that "
            "upgraded it"
        )
