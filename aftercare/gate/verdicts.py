"""Verdicts by row hash, on disk: a long simulation remembers each of its messages' rows."""

import sqlite3
from collections.abc import Mapping, Sequence

import msgspec

from aftercare.gate.model import Failure

Key = tuple[str, str]
"""(kind, row hash)."""

_decode = msgspec.json.Decoder(tuple[Failure, ...]).decode


class Verdicts:
    """What the gate has said so far. The file is temporary and nameless: SQLite removes it."""

    def __init__(self) -> None:
        self._store = sqlite3.connect("", isolation_level=None)
        self._store.execute("PRAGMA journal_mode=OFF")
        self._store.execute(
            "CREATE TABLE verdicts (kind, hash, failures, PRIMARY KEY (kind, hash)) WITHOUT ROWID"
        )

    def of(self, key: Key) -> tuple[Failure, ...] | None:
        """The failures of a row, empty when it is good; None when nobody judged it yet."""
        query = "SELECT failures FROM verdicts WHERE kind = ? AND hash = ?"
        row = self._store.execute(query, key).fetchone()
        return None if row is None else _decode(row[0])

    def learn(self, found: Mapping[Key, Sequence[Failure]]) -> None:
        """Remember verdicts."""
        rows = [(*key, msgspec.json.encode(tuple(failed))) for key, failed in found.items()]
        self._store.executemany("INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?)", rows)
