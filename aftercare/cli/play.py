"""`aftercare play`: a file of events, sent to Kafka as if it happened."""

import dataclasses
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from aftercare import settings
from aftercare.cli.since import Since, in_zone
from aftercare.errors import RuleError, UsageError
from aftercare.rules.durations import duration
from aftercare.sources.pace import Pace
from aftercare.sources.player import play_file
from aftercare.templating.library import Library


def play(
    file: Annotated[Path, typer.Argument(help="events, one a line: .jsonl or .jsonl.gz")],
    kafka: Annotated[str, typer.Option(help="bootstrap servers; empty: AFTERCARE_KAFKA")] = "",
    week_in: Annotated[str, typer.Option(help="how long a week takes, e.g. 2m")] = "",
    scale: Annotated[float | None, typer.Option(help="how many times as fast as life")] = None,
    instant: Annotated[bool, typer.Option("--instant", help="all at once")] = False,
    since: Since = None,
) -> None:
    """Send a file of events to Kafka, keyed by customer, each when its time has come.

    The pace is that of AFTERCARE_CLOCK (empty: real time). --week-in and --scale start a clock at
    the file's first event and print it for the other processes. Lines that are no events are sent
    as they are: dead letters want exercise too.

    History surprises nobody: what is too late by its rule becomes facts and an expired trigger.
    --since asks to tell it after all.

    Example: aftercare play events.jsonl --week-in 2m
    """
    known = settings.load()
    known = dataclasses.replace(known, kafka=kafka or known.kafka)
    pace = Pace(_duration(week_in), scale, instant)
    moment = in_zone(since, Library.load(known.templates).brand.zone) if since else None
    played = play_file(file, known, pace, since=moment, say=typer.echo)
    Console().print(_table(played.sent))


def _duration(text: str) -> timedelta | None:
    if not text:
        return None
    try:
        return duration(text)
    except RuleError as error:
        raise UsageError(f"--week-in {text!r} is no duration; write e.g. 90s, 2m or 1h") from error


def _table(sent: Counter[str]) -> Table:
    table = Table("topic", "sent", box=None, padding=(0, 2, 0, 0))
    for topic, number in sorted(sent.items()):
        table.add_row(topic, f"{number:,}")
    table.add_row("all", f"{sent.total():,}", style="bold")
    return table
