"""What is known of somebody or something for which no rule has called for care."""

from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from aftercare.store.tables import FACT_TABLES, promises
from aftercare.trace.find import Found
from aftercare.trace.words import listed, when


def nothing_called(connection: Connection, found: Found, zone: ZoneInfo) -> list[str]:
    """Kind words, and what is still expected: the story may be about to begin."""
    lines = [
        f"{found.what.capitalize()} {found.name} is known{_of(connection, found)}, but no care "
        "rule has matched so far: nothing was sent, and nothing is planned."
    ]
    return lines + _expected(connection, found, zone)


def _of(connection: Connection, found: Found) -> str:
    if found.what != "customer":
        return ""
    counts = []
    for kind in ("order", "complaint", "ticket"):
        table = FACT_TABLES[kind]
        query = select(func.count()).select_from(table).where(table.c.customer_id == found.name)
        if number := int(connection.execute(query).scalar_one()):
            counts.append(f"{number} {kind}" + ("s" if number > 1 else ""))
    return f" ({listed(counts, 'and')})" if counts else ""


def _expected(connection: Connection, found: Found, zone: ZoneInfo) -> list[str]:
    mine = promises.c.customer_id == found.name
    if found.what != "customer":
        mine = (promises.c.subject_kind == found.what) & (promises.c.subject_id == found.name)
    query = select(promises).where(mine, promises.c.status == "open").order_by(promises.c.by)
    return [
        f"  If nothing is heard of {row['subject_kind']} {row['subject_id']} by "
        f"{when(row['by'], zone)}, rule {row['rule']} calls for care."
        for row in connection.execute(query.limit(5)).mappings()
    ]
