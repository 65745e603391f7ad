"""Loading and saving facts: one query and one statement a table."""

from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar

import msgspec
from sqlalchemy import Connection, RowMapping, select

from aftercare.facts.model import KINDS, Facts
from aftercare.store.engine import is_postgres
from aftercare.store.tables import FACT_TABLES
from aftercare.store.upsert import insert_new, upsert

F = TypeVar("F", bound=Facts)
_SLICE = 500


def lock_customers(connection: Connection, customer_ids: Collection[str]) -> None:
    """Make sure that each customer has a row, in id order.

    Several partitions speak of one customer; inserting first makes concurrent consumers wait for
    each other on the row instead of overwriting what the other folded.
    """
    rows = [{"customer_id": c, "versions": {}} for c in sorted(customer_ids)]
    insert_new(connection, FACT_TABLES["customer"], rows)


def load(
    connection: Connection, cls: type[F], ids: Collection[str], *, lock: bool = False
) -> dict[str, F]:
    """Facts of one kind by id; ids without a row are absent. `lock` keeps others from writing them
    until the transaction ends (Postgres; SQLite has one writer anyway)."""
    table = FACT_TABLES[cls.kind]
    column = table.c[cls.id_field]
    found: dict[str, F] = {}
    for some in _slices(sorted(ids)):
        query = select(table).where(column.in_(some)).order_by(column)
        if lock and is_postgres(connection):
            query = query.with_for_update()
        found |= {
            row[cls.id_field]: from_row(cls, row) for row in connection.execute(query).mappings()
        }
    return found


def from_row(cls: type[F], row: RowMapping) -> F:
    """A facts struct from a row of its table."""
    return cls(**{name: row[name] for name in cls.__struct_fields__})


def save(connection: Connection, facts: Sequence[Facts]) -> None:
    """Write facts rows, whatever their kinds."""
    for kind in KINDS:
        rows = [msgspec.structs.asdict(f) for f in facts if f.kind == kind]
        upsert(
            connection, FACT_TABLES[kind], sorted(rows, key=lambda r: str(r[KINDS[kind].id_field]))
        )


def _slices(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _SLICE):
        yield ids[start : start + _SLICE]
