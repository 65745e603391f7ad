"""`aftercare import`: other shops' data as events."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from aftercare.errors import UsageError
from aftercare.sources.files import write_events
from aftercare.sources.olist import Tally, olist_events

app = typer.Typer(help="Turn other shops' data into events.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `olist` a command of its own while it is the only one."""


@app.command("olist")
def olist(
    folder: Annotated[Path, typer.Argument(help="folder with Olist's CSV files, gzipped or not")],
    out: Annotated[Path, typer.Option(help="the file to write, .jsonl or .jsonl.gz")],
    first: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="orders bought from this day on"),
    ] = None,
    last: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], help="orders bought up to this day"),
    ] = None,
) -> None:
    """Write Olist's orders and bad reviews as events, one a line, in order of time.

    Example: aftercare import olist ~/olist --out events.jsonl --from 2017-12-01 --to 2017-12-31
    """
    days = _day(first), _day(last)
    if days[0] and days[1] and days[0] > days[1]:
        raise UsageError("--from is after --to; turn them round")
    tally = Tally()
    written = write_events(out, olist_events(folder, *days, tally=tally, say=_say))
    _say(f"{written:,} events in {out}")
    if tally.unreadable:
        _say(f"left out: {tally.unreadable:,} orders whose times cannot be read")
    if tally.homeless_reviews:
        _say(f"left out: {tally.homeless_reviews:,} bad reviews of orders that are not there")


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _say(line: str) -> None:
    typer.echo(line, err=True)
