"""`aftercare handoffs`: what waits for a person."""

from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import select, update

from aftercare.cli.parts import parts
from aftercare.errors import UsageError
from aftercare.store.engine import reading, writing
from aftercare.store.switchboard import open_handoffs
from aftercare.store.tables import handoffs

app = typer.Typer(help="What waits for a person: list, show, close.", no_args_is_help=True)


@app.command("list")
def list_handoffs() -> None:
    """Open hand-offs, the most urgent first."""
    found = parts()
    with reading(found.engine) as connection:
        rows = open_handoffs(connection)
    table = Table("hand-off", "team", "customer", "due", "why")
    for row in rows:
        table.add_row(
            row["handoff_id"],
            row["team"],
            row["customer_id"],
            _due(row["due_at"], found.clock.now()),
            row["reason"],
        )
    Console().print(table if rows else "nothing waits for a person")


def _due(due: datetime, now: datetime) -> str:
    return f"{due:%Y-%m-%d %H:%M} UTC{' (overdue)' if due < now else ''}"


@app.command()
def show(handoff: str) -> None:
    """The customer's story and a draft to start from."""
    with reading(parts().engine) as connection:
        query = select(handoffs).where(handoffs.c.handoff_id == handoff)
        row = connection.execute(query).mappings().first()
    if row is None:
        raise UsageError(f"there is no hand-off {handoff}; `aftercare handoffs list` shows them")
    draft = row["draft"] or "(none)"
    Console().print(f"{row['reason']}\n\n{row['story']}\n\nDraft:\n\n{draft}", markup=False)


@app.command()
def close(
    handoff: str, by: Annotated[str, typer.Option(help="who closed it")] = "operator"
) -> None:
    """Say that a person has looked after it."""
    found = parts()
    where = (handoffs.c.handoff_id == handoff) & handoffs.c.closed_at.is_(None)
    values = {"closed_at": found.clock.now(), "closed_by": by}
    with writing(found.engine) as connection:
        if connection.execute(update(handoffs).where(where).values(values)).rowcount != 1:
            raise UsageError(f"{handoff} is no open hand-off; `aftercare handoffs list` shows them")
    Console().print("closed")
