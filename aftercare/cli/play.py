"""`aftercare play`: a file of events, sent to Kafka as if it happened."""

import dataclasses
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from aftercare import settings
from aftercare.clock import ScaledClock
from aftercare.errors import RuleError, UsageError
from aftercare.rules.durations import duration
from aftercare.simulate.lines import Line, read_lines
from aftercare.sources import player
from aftercare.sources.connection import connection_options
from aftercare.sources.pace import Pace, clock_for
from aftercare.sources.topics import ensure_topics

LINGER_MS = 20
"""When nothing waits for its time, records are gathered into bigger batches."""


def play(
    file: Annotated[Path, typer.Argument(help="events, one a line: .jsonl or .jsonl.gz")],
    kafka: Annotated[str, typer.Option(help="bootstrap servers; empty: AFTERCARE_KAFKA")] = "",
    week_in: Annotated[str, typer.Option(help="how long a week takes, e.g. 2m")] = "",
    scale: Annotated[float | None, typer.Option(help="how many times as fast as life")] = None,
    instant: Annotated[bool, typer.Option("--instant", help="all at once")] = False,
) -> None:
    """Send a file of events to Kafka, keyed by customer, each when its time has come.

    The pace is that of AFTERCARE_CLOCK (empty: real time). --week-in and --scale start a clock at
    the file's first event and print it for the other processes. Lines that are no events are sent
    as they are: dead letters want exercise too.

    Example: aftercare play events.jsonl --week-in 2m
    """
    known = settings.load()
    known = dataclasses.replace(known, kafka=kafka or known.kafka)
    total, first = _measure(file)
    pace = Pace(_duration(week_in), scale, instant)
    clock = clock_for(pace, known.clock, first)
    if isinstance(clock, ScaledClock) and not known.clock:
        typer.echo(f"AFTERCARE_CLOCK={clock}")
    options = connection_options(known)
    ensure_topics(known.kafka, known.partitions, known.replication, options)
    with (
        _progress() as progress,
        player.kafka_sink(options, linger_ms=0 if clock else LINGER_MS) as sink,
    ):
        task = progress.add_task("", total=total, at="")
        played = player.play(
            read_lines(file),
            sink,
            clock,
            heard=lambda line: progress.update(task, advance=1, at=_at(line)),
        )
    Console().print(_table(played.sent))


def _duration(text: str) -> timedelta | None:
    if not text:
        return None
    try:
        return duration(text)
    except RuleError as error:
        raise UsageError(f"--week-in {text!r} is no duration; write e.g. 90s, 2m or 1h") from error


def _measure(file: Path) -> tuple[int, datetime | None]:
    """How many lines there are and the first time among them, in one pass."""
    total, first = 0, None
    for line in read_lines(file):
        total += 1
        first = first or line.time
    return total, first


def _at(line: Line) -> str:
    return f"{line.time:%a %d %b %H:%M} UTC" if line.time else ""


def _progress() -> Progress:
    return Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[at]}"),
        console=Console(stderr=True),
        transient=True,
    )


def _table(sent: Counter[str]) -> Table:
    table = Table("topic", "sent", box=None, padding=(0, 2, 0, 0))
    for topic, number in sorted(sent.items()):
        table.add_row(topic, f"{number:,}")
    table.add_row("all", f"{sent.total():,}", style="bold")
    return table
