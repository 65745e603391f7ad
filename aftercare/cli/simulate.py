"""`aftercare simulate`: what would be sent, to whom and when, without sending anything."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from aftercare import settings
from aftercare.simulate.whole import Progress as Heard


def simulate(
    file: Annotated[
        Path, typer.Argument(help="events, one CloudEvent a line, gzipped or not; - reads stdin")
    ],
    rules: Annotated[Path | None, typer.Option(help="try this folder of rules")] = None,
    policy: Annotated[Path | None, typer.Option(help="try this policy file")] = None,
    machine: Annotated[
        bool, typer.Option("--json", help="for machines: every count and every message")
    ] = False,
    outbox: Annotated[
        Path | None, typer.Option(help="write the messages into this new folder, to read")
    ] = None,
    seed: Annotated[int, typer.Option(help="another seed, other voucher codes")] = 1,
) -> None:
    """What would be sent to whom and when, held, withdrawn or put aside, and what it would cost.

    Runs the very same rules, decisions and templates as in production, with a
    clock that jumps ahead until nothing is due any more.

    Needs neither Kafka nor Airflow, touches no store and sends nothing.

    The same events, rules, policy and seed give the same output, byte for byte.

    e.g. aftercare simulate week.jsonl --rules my-rules --outbox preview
    """
    from aftercare.cli.simulate_json import write_json
    from aftercare.cli.simulate_words import tell
    from aftercare.simulate.lines import read_lines
    from aftercare.simulate.source import rereadable
    from aftercare.simulate.whole import simulated
    from aftercare.templating.brand import load_brand

    here = settings.load()
    here = replace(here, rules=rules or here.rules, policy=policy or here.policy)
    with (
        rereadable(file) as events,
        _progress(sum(1 for _ in read_lines(events))) as progress,
        simulated(
            here, lambda: read_lines(events), seed=seed, outbox=outbox, progress=progress
        ) as found,
    ):
        if machine:
            write_json(found.summary, found.sent(), typer.echo)
        else:
            zone = load_brand(here.templates).zone
            tell(found, Console(), file=file, outbox=outbox, zone=zone)


@contextmanager
def _progress(total: int) -> Iterator[Heard]:
    """A bar on standard error that goes when the work is done; none where nobody watches."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[at]}"),
        TimeElapsedColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("events", total=total, at="")

        def heard(what: str, number: int, at: datetime | None) -> None:
            if bar.tasks[task].description != what:
                bar.reset(task, total=total if at else None, description=what, at="")
            day = f"{at:%a %d %b %Y}" if at else ""
            bar.update(task, advance=number, at=day)

        yield heard
