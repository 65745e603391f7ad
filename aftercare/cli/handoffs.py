"""`aftercare handoffs`: what waits for a person."""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from sqlalchemy import RowMapping, select

from aftercare.cli.ids import in_full
from aftercare.cli.listing import show as show_list
from aftercare.cli.parts import parts
from aftercare.errors import UsageError
from aftercare.handoffs.closing import Closing, say_closed, settle
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
    now, zone = found.clock.now(), found.zone
    headings = ("hand-off", "team", "customer", "due", "told", "closed", "why")
    cells = (
        (
            *(row["handoff_id"], row["team"], row["customer_id"]),
            *(_due(row, now, zone), _told(row), _closed(row, zone), row["reason"]),
        )
        for row in rows
    )
    show_list(headings, cells, "nothing waits for a person", ids=True, zone=zone)


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
        say_closed(connection, [Closing(row["handoff_id"], row["customer_id"], now, name)])
        settle(connection, [row["handoff_id"]], now)
    _say("closed")


def _say(words: str) -> None:
    Console(soft_wrap=True).print(words, markup=False, highlight=False)


def _row(found: Parts, handoff: str) -> RowMapping:
    with reading(found.engine) as connection:
        column, listed = handoffs.c.handoff_id, "aftercare handoffs list --all"
        full = in_full(connection, column, handoff, what="hand-off", listed_by=listed)
        query = select(handoffs).where(column == full)
        return connection.execute(query).mappings().one()
