"""`aftercare unknown`: sends of which nobody knows whether they arrived."""

from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy import select

from aftercare.cli.ids import in_full
from aftercare.cli.listing import show
from aftercare.cli.parts import parts
from aftercare.errors import UsageError
from aftercare.steps.unknown import settle_by_hand
from aftercare.store.engine import reading
from aftercare.store.tables import triggers
from aftercare.trace.words import clock

app = typer.Typer(help="Sends whose outcome nobody knows: list, settle.", no_args_is_help=True)


@app.command("list")
def list_unknown() -> None:
    """Unknown sends with the follow-up id to ask the provider about."""
    query = select(triggers).where(triggers.c.status == "unknown").order_by(triggers.c.status_at)
    found = parts()
    with reading(found.engine) as connection:
        rows = connection.execute(query).mappings().all()
    cells = (
        (
            *(row["trigger_id"], row["rule"], row["follow_up_id"]),
            *(clock(row["status_at"], found.zone), row["reason"]),
        )
        for row in rows
    )
    headings = ("trigger", "rule", "follow-up", "since", "why")
    show(headings, cells, "nothing is unknown", ids=True, zone=found.zone)


@app.command()
def settle(
    trigger: str,
    arrived: Annotated[bool | None, typer.Option("--arrived/--not-arrived")] = None,
    by: Annotated[str, typer.Option(help="who found out")] = "operator",
) -> None:
    """Settle one by hand: `aftercare unknown settle TRIGGER --arrived`."""
    if arrived is None:
        raise UsageError("say --arrived or --not-arrived")
    found = parts()
    column, listed = triggers.c.trigger_id, "aftercare unknown list"
    with reading(found.engine) as connection:
        full = in_full(connection, column, trigger, what="unknown trigger", listed_by=listed)
    outcome = settle_by_hand(found, full, arrived=arrived, by=by)
    Console(soft_wrap=True).print(f"{full} is {outcome}", highlight=False)
