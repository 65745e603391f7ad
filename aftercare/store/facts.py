"""Loading and saving facts: one query and one statement a table."""

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, RowMapping, Select, bindparam, select

from aftercare.facts.model import KINDS, Facts
from aftercare.store.engine import is_postgres
from aftercare.store.slices import slices
from aftercare.store.tables import FACT_TABLES
from aftercare.store.upsert import insert_new, upsert

F = TypeVar("F", bound=Facts)


def lock_customers(connection: Connection, customer_ids: Collection[str]) -> None:
    """Make sure that each customer has a row, in id order.

    Several partitions speak of one customer; inserting first makes concurrent consumers wait for
    each other on the row instead of overwriting what the other folded.
    """
    rows = [{"customer_id": c, "versions": {}} for c in sorted(customer_ids)]
    insert_new(connection, FACT_TABLES["customer"], rows)


def lock(connection: Connection, customer_ids: Collection[str]) -> None:
    """Nobody else writes or decides about these customers until the transaction ends. Locked in id
    order, as everywhere, so that two never wait for each other. SQLite has one writer anyway."""
    if not is_postgres(connection):
        return
    column = FACT_TABLES["customer"].c.customer_id
    for some in slices(customer_ids):
        query = select(column).where(column.in_(some)).order_by(column).with_for_update()
        connection.execute(query)


def load(
    connection: Connection, cls: type[F], ids: Collection[str], *, lock: bool = False
) -> dict[str, F]:
    """Facts of one kind by id; ids without a row are absent. `lock` keeps others from writing them
    until the transaction ends (Postgres; SQLite has one writer anyway)."""
    query = _by_id(cls.kind, cls.id_field, lock and is_postgres(connection))
    found: dict[str, F] = {}
    for some in slices(ids):
        rows = connection.execute(query, {"ids": some}).mappings()
        found |= {row[cls.id_field]: from_row(cls, row) for row in rows}
    return found


@lru_cache(maxsize=16)
def _by_id(kind: str, id_field: str, lock: bool) -> Select[Any]:
    # Building a statement costs more than running it, and this one runs all the time.
    table = FACT_TABLES[kind]
    column = table.c[id_field]
    query = select(table).where(column.in_(bindparam("ids", expanding=True))).order_by(column)
    return query.with_for_update() if lock else query


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
