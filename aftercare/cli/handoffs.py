"""`aftercare handoffs`: what waits for a person."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import RowMapping, select

from aftercare.cli.parts import parts
from aftercare.errors import UsageError
from aftercare.handoffs.closing import Closing, say_closed, settle
from aftercare.rules.nearest import nearest
from aftercare.steps.parts import Parts
from aftercare.store.engine import reading, writing
from aftercare.store.switchboard import all_handoffs, open_handoffs
from aftercare.store.tables import handoffs
from aftercare.trace.words import clock, when

app = typer.Typer(help="What waits for a person: list, show, close.", no_args_is_help=True)

_LONGEST = 100


@app.command("list")
def list_handoffs(
    everything: Annotated[bool, typer.Option("--all", help="closed ones too")] = False,
) -> None:
    """Open hand-offs, the most urgent first: `aftercare handoffs list --all` shows closed ones too."""
    found = parts()
    with reading(found.engine) as connection:
        rows = all_handoffs(connection) if everything else open_handoffs(connection)
    if not rows:
        Console().print("nothing waits for a person")
        return
    now, zone = found.clock.now(), found.zone
    table = Table("hand-off", "team", "customer", f"due ({zone.key})", "told", "closed", "why")
    for row in rows:
        cells = (_due(row, now, zone), _told(row), _closed(row, zone), row["reason"])
        table.add_row(row["handoff_id"], row["team"], row["customer_id"], *map(escape, cells))
    Console().print(table)


def _due(row: RowMapping, now: datetime, zone: ZoneInfo) -> str:
    late = row["closed_at"] is None and row["due_at"] < now
    return clock(row["due_at"], zone) + (" (overdue)" if late else "")


def _told(row: RowMapping) -> str:
    if row["delivered_at"] is not None:
        return "yes"
    return f"not yet: {row['trouble']}" if row["trouble"] else "not yet"


def _closed(row: RowMapping, zone: ZoneInfo) -> str:
    if row["closed_at"] is None:
        return "open"
    return f"{clock(row['closed_at'], zone)} by {row['closed_by']}"


@app.command()
def show(handoff: str) -> None:
    """The customer's story and a draft to start from."""
    found = parts()
    row = _row(found, handoff)
    lines = (
        f"{row['reason']}\n{_state(row, found)}",
        row["story"] or "(the customer asked to be forgotten)",
        f"Draft:\n\n{row['draft'] or '(none)'}",
    )
    _say("\n\n".join(lines))


def _state(row: RowMapping, found: Parts) -> str:
    if row["closed_at"] is not None:
        return f"Closed on {when(row['closed_at'], found.zone)} by {row['closed_by']}."
    late = " That is over." if row["due_at"] < found.clock.now() else ""
    return f"Open: {row['team']} looks after it by {when(row['due_at'], found.zone)}.{late}"


@app.command()
def close(
    handoff: str, by: Annotated[str, typer.Option(help="who closed it")] = "operator"
) -> None:
    """Say that a person has looked after it; saying so twice does no harm.

    Example: aftercare handoffs close 0b1c… --by maria
    """
    name = by.strip()
    if not name or len(name) > _LONGEST:
        raise UsageError(f"--by takes a name of 1 to {_LONGEST} letters")
    found = parts()
    now, row = found.clock.now(), _row(found, handoff)
    if row["closed_at"] is not None:
        _say(
            f"It was closed already, on {when(row['closed_at'], found.zone)} by {row['closed_by']}."
        )
        return
    with writing(found.engine) as connection:
        say_closed(connection, [Closing(handoff, row["customer_id"], now, name)])
        settle(connection, [handoff], now)
    _say("closed")


def _say(words: str) -> None:
    Console(soft_wrap=True).print(words, markup=False, highlight=False)


def _row(found: Parts, handoff: str) -> RowMapping:
    with reading(found.engine) as connection:
        query = select(handoffs).where(handoffs.c.handoff_id == handoff)
        row = connection.execute(query).mappings().first()
        if row is None:
            raise UsageError(
                f"there is no hand-off {handoff}{_near(handoff, all_handoffs(connection))}"
            )
    return row


def _near(handoff: str, rows: Sequence[RowMapping]) -> str:
    known = [row["handoff_id"] for row in rows]
    return nearest(handoff, known) if known else "; nothing was handed to a person yet"
