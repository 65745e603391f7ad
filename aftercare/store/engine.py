"""Opening the store: SQLite in WAL mode or Postgres, by URL. Nothing connects before first use."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, exc, make_url

from aftercare.errors import StoreError
from aftercare.store.troubles import explain

BUSY_MS = 30_000

PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
"""Machine seconds after which a Postgres that does not answer, or has vanished, counts as away."""


def open_store(url: str, *, pool_size: int = 5) -> Engine:
    """An engine for a SQLAlchemy URL (`sqlite:///…` or `postgresql+psycopg://…`).

    Raises StoreError for a URL that cannot be read or another database.
    """
    try:
        parsed = make_url(url)
    except (exc.ArgumentError, ValueError) as error:  # ValueError: a port that is no number
        raise StoreError(
            "AFTERCARE_STORE is not a database URL (sqlite:/// or postgresql://)"
        ) from error
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _sqlite(url, parsed.database)
    if backend == "postgresql":
        return create_engine(
            url, pool_size=pool_size, max_overflow=10, pool_pre_ping=True, connect_args=PATIENCE
        )
    raise StoreError(
        f"AFTERCARE_STORE: {backend} is not supported; use sqlite:/// or postgresql://"
    )


def _sqlite(url: str, database: str | None) -> Engine:
    if database and not database.startswith((":memory:", "file:")):
        _make_folder(Path(database).parent)
    engine = create_engine(url)
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"the store's folder {folder} cannot be made ({error.strerror}); make it, or name another "
            "with AFTERCARE_HOME or AFTERCARE_STORE"
        ) from error


def _on_connect(connection: Any, _record: Any) -> None:
    # Transactions are begun by hand, so that a writer takes its lock before it reads.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        f"busy_timeout={BUSY_MS}",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One write transaction: committed at the end, rolled back on any error.

    Raises StoreError in kind words when the store is away, full, read-only or locked.
    """
    try:
        with engine.begin() as connection:
            yield connection
    except exc.DBAPIError as error:
        raise explain(error, engine.url) from error


def _snapshot(connection: Connection) -> dict[str, Any]:
    # SQLite's readers see one moment anyway; Postgres would show each query what is there by then.
    if not is_postgres(connection):
        return {}
    # Not READ ONLY: SQLAlchemy would take it back with READ WRITE, over a database's own default.
    return {"isolation_level": "REPEATABLE READ"}


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view, of one moment however many queries it takes, without a write lock.
    Raises StoreError as `writing` does."""
    try:
        with engine.connect() as connection:
            yield connection.execution_options(reading=True, **_snapshot(connection))
    except exc.DBAPIError as error:
        raise explain(error, engine.url) from error


def is_postgres(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"
