"""What a database can complain about, in words that name the mend."""

import re
from dataclasses import dataclass

from sqlalchemy import URL, exc

from aftercare.errors import StoreError
from aftercare.store.room import no_room


@dataclass(frozen=True)
class Trouble:
    """A complaint that is known by `mark`, a pattern in its text. `passing`: it may be well again
    without a restart, so whoever runs for long keeps trying."""

    mark: str
    words: str
    passing: bool


FULL = "the disk that holds the store is full; make room: what was under way was not written"
PASSWORD = "the store refuses the user or the password; check AFTERCARE_STORE"  # noqa: S105 - words
AWAY = "the store at {place} cannot be reached; is its server running there? (AFTERCARE_STORE)"

TROUBLES = (
    # Postgres writes a file for whoever connects first after a change of its catalogue.
    Trouble("disk is full|no space left|disk full|could not write init file", FULL, True),
    Trouble("disk i/o error", "the store's disk fails or is full; make room, or look at it", True),
    Trouble(
        "readonly|read-only",
        "the store is read-only; make it writable (a standby? a file or folder of another user?)",
        True,
    ),
    Trouble("password|pg_hba|role .* does not exist", PASSWORD, False),
    Trouble(
        'database ".*" does not exist',
        "the store's server has no such database; create it, or mend AFTERCARE_STORE",
        False,
    ),
    Trouble(
        "no such table|relation .* does not exist",
        "the store has no tables yet; run `aftercare store upgrade`",
        False,
    ),
    Trouble(
        "permission denied",
        "the store's user may not use its tables; grant the rights, or use the user that ran "
        "`aftercare store upgrade`",
        False,
    ),
    Trouble(
        "not a database|malformed",
        "the store's file is damaged or is no SQLite database; restore it, or mend AFTERCARE_STORE",
        False,
    ),
    Trouble(
        "deadlock detected",
        "two transactions waited for each other, and the store took this one back; try again",
        True,
    ),
    Trouble(
        "locked",
        "the store is locked by another writer for too long; use Postgres for several workers",
        True,
    ),
    Trouble(
        "unable to open",
        "the store's file cannot be opened; its folder must exist and be writable by this user",
        True,
    ),
    Trouble(
        "too many clients|connection slots",
        "the store has no connection left; run fewer workers, or raise its max_connections",
        True,
    ),
    Trouble("connection|resolve host|starting up|shutting down", AWAY, True),
)


def explain(error: exc.DBAPIError, url: URL) -> StoreError:
    """A StoreError with a mend. Statement, parameters and refused values stay out: they may hold
    personal data."""
    text = str(error.orig).lower()
    if "disk i/o error" in text and no_room(url):
        text = "disk is full"  # as SQLite itself says, but for its write-ahead log
    known = None if isinstance(error, _ABOUT_VALUES) else _known(text)
    words = known.words if known else f"the store refused a statement ({_name(error, text)})"
    found = StoreError(words.format(place=_place(url)) if known else words)
    found.passing = known.passing if known else isinstance(error, exc.OperationalError)
    return found


_ABOUT_VALUES = (exc.DataError, exc.IntegrityError)
"""Their texts quote values, which could look like any other complaint."""


def _place(url: URL) -> str:
    return f"{url.host or 'localhost'}:{url.port or 5432}/{url.database or ''}"


def _known(text: str) -> Trouble | None:
    return next((t for t in TROUBLES if re.search(t.mark, text)), None)


def _name(error: exc.DBAPIError, text: str) -> str:
    name = type(error.orig).__name__
    if isinstance(error, exc.DataError) or not text:
        return name
    return f"{name}: {text.splitlines()[0][:120]}"
