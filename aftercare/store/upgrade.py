"""Bringing the store's schema to the code's, with Alembic; and refusing to work on another one."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from aftercare.errors import SchemaError
from aftercare.store import guard
from aftercare.store.engine import reading, writing

MIGRATIONS = Path(__file__).parent / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def upgrade(engine: Engine) -> str:
    """Run every migration that is missing; returns the revision reached. Safe to run again."""
    with writing(engine) as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        guard.install(connection)
    return head()


def head() -> str:
    """The revision this code is written for."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def revision(engine: Engine) -> str | None:
    """The store's own revision; None when it was never set up."""
    with reading(engine) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def check_schema(engine: Engine) -> None:
    """Raises SchemaError when the store's schema is missing, older or newer than the code."""
    found, wanted = revision(engine), head()
    if found == wanted:
        return
    known = {s.revision for s in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found is None:
        raise SchemaError("the store has no tables yet; run `aftercare store upgrade`")
    if found in known:
        raise SchemaError(
            f"the store is older ({found}) than the code ({wanted}); run `aftercare store upgrade`"
        )
    raise SchemaError(
        f"the store is newer ({found}) than the code ({wanted}); install the Aftercare that upgraded it"
    )
