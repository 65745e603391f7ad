"""`aftercare unknown`: sends of which nobody knows whether they arrived."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from aftercare.cli.parts import parts
from aftercare.errors import UsageError
from aftercare.steps.unknown import settle_by_hand
from aftercare.store.engine import reading
from aftercare.store.tables import triggers

app = typer.Typer(help="Sends whose outcome nobody knows: list, settle.", no_args_is_help=True)


@app.command("list")
def list_unknown() -> None:
    """Unknown sends with the follow-up id to ask the provider about."""
    query = select(triggers).where(triggers.c.status == "unknown").order_by(triggers.c.status_at)
    with reading(parts().engine) as connection:
        rows = connection.execute(query).mappings().all()
    table = Table("trigger", "rule", "follow-up", "since", "why")
    for row in rows:
        since = f"{row['status_at']:%Y-%m-%d %H:%M}"
        table.add_row(row["trigger_id"], row["rule"], row["follow_up_id"], since, row["reason"])
    Console().print(table if rows else "nothing is unknown")


@app.command()
def settle(
    trigger: str,
    arrived: Annotated[bool | None, typer.Option("--arrived/--not-arrived")] = None,
    by: Annotated[str, typer.Option(help="who found out")] = "operator",
) -> None:
    """Settle one by hand: `aftercare unknown settle TRIGGER --arrived`."""
    if arrived is None:
        raise UsageError("say --arrived or --not-arrived")
    outcome = settle_by_hand(parts(), trigger, arrived=arrived, by=by)
    Console().print(f"{trigger} is {outcome}")
