"""Opening the store: SQLite in WAL mode or Postgres, by URL. Nothing connects before first use."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, exc, make_url

from aftercare.errors import StoreError

BUSY_MS = 30_000


def open_store(url: str, *, pool_size: int = 5) -> Engine:
    """An engine for a SQLAlchemy URL (`sqlite:///…` or `postgresql+psycopg://…`).

    Raises StoreError for a URL that cannot be read or another database.
    """
    try:
        parsed = make_url(url)
    except exc.ArgumentError as error:
        raise StoreError(
            "AFTERCARE_STORE is not a database URL (sqlite:/// or postgresql://)"
        ) from error
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _sqlite(url, parsed.database)
    if backend == "postgresql":
        return create_engine(url, pool_size=pool_size, max_overflow=10, pool_pre_ping=True)
    raise StoreError(
        f"AFTERCARE_STORE: {backend} is not supported; use sqlite:/// or postgresql://"
    )


def _sqlite(url: str, database: str | None) -> Engine:
    if database and database != ":memory:":
        Path(database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url)
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


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
        raise explain(error) from error


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A consistent view without a write lock. Raises StoreError as `writing` does."""
    try:
        with engine.connect() as connection:
            yield connection.execution_options(reading=True)
    except exc.DBAPIError as error:
        raise explain(error) from error


_WORDS = {
    "disk is full": "the disk that holds the store is full; make room, nothing was written",
    "no space left": "the disk that holds the store is full; make room, nothing was written",
    "readonly": "the store is read-only; make its file and folder writable by this user",
    "read-only": "the store is read-only; make it writable (is this a standby?)",
    "password authentication": "the store refuses the password; check AFTERCARE_STORE",
    "does not exist": "the store has no such table, database or role; run `aftercare store upgrade`",
    "no such table": "the store has no tables; run `aftercare store upgrade`",
    "locked": "the store is locked by another writer for too long; use Postgres for several workers",
    "unable to open": "the store's file cannot be opened; check that its folder exists and is writable",
    "connection": "the store is away; it is tried again",
}


def explain(error: exc.DBAPIError) -> StoreError:
    """A StoreError with a mend. Statement and parameters stay out: they may hold personal data."""
    text = str(error.orig).lower()
    words = next((w for mark, w in _WORDS.items() if mark in text), None)
    name = type(error.orig).__name__
    found = StoreError(
        words or f"the store refused a statement ({name}: {text.splitlines()[0][:120]})"
    )
    found.passing = isinstance(error, exc.OperationalError) and "password" not in text
    return found


def is_postgres(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"
