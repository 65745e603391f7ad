"""`aftercare simulate`: what would be sent, to whom and when, without sending anything."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from aftercare import settings
from aftercare.errors import UsageError


def simulate(
    file: Annotated[Path, typer.Argument(help="events, one CloudEvent a line (.jsonl or .gz)")],
    rules: Annotated[Path | None, typer.Option(help="another folder of rules")] = None,
    policy: Annotated[Path | None, typer.Option(help="another policy file")] = None,
    machine: Annotated[bool, typer.Option("--json", help="for machines")] = False,
    outbox: Annotated[Path | None, typer.Option(help="write the messages here, to read")] = None,
    seed: Annotated[int, typer.Option(help="for voucher codes")] = 1,
) -> None:
    """Run events through the very same folds and steps with a clock that jumps; send nothing.

    e.g. `aftercare simulate week.jsonl --rules my-rules --outbox preview`
    """
    from aftercare.simulate.lines import read_lines
    from aftercare.simulate.whole import simulate as run

    if not file.is_file():
        raise UsageError(f"{file} is not a file; `aftercare import olist` and the demo make some")
    here = settings.load()
    here = replace(here, rules=rules or here.rules, policy=policy or here.policy)
    console = Console(stderr=True)
    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console
    ) as bar:
        task = bar.add_task("starting", total=None)
        done: Counter[str] = Counter()

        def progress(what: str, number: int) -> None:
            done[what] += number
            bar.update(task, description=f"{what}: {done[what]} events" if number else what)

        found = run(here, lambda: read_lines(file), seed=seed, outbox=outbox, progress=progress)
    if machine:
        typer.echo(json.dumps(found, indent=2, sort_keys=True))
    else:
        _print(found, Console())


def _print(found: dict[str, Any], console: Console) -> None:
    dead = found["dead_letters"]["total"]
    console.print(
        f"{found['events']} events, {dead} dead letters, {found['messages']['total']} messages"
    )
    table = Table("rule", "triggers", "became")
    for rule, outcomes in found["outcomes_by_rule"].items():
        became = ", ".join(f"{number} {name}" for name, number in outcomes.items())
        table.add_row(rule, str(sum(outcomes.values())), became)
    console.print(table)
    for title, key in (("not sent because", "reasons"), ("quarantined for", "quarantined_for")):
        for words, number in found[key].items():
            console.print(f"{title}: {number} x {words}", markup=False, highlight=False)
    for budget, sums in found["extras"].items():
        amounts = ", ".join(f"{amount} {name}" for name, amount in sums.items())
        console.print(f"extras of {budget}: {amounts}")
    if found["most_written_to"]:
        most = found["most_written_to"]
        console.print(f"most written to: {most['customer_id']} with {most['messages']} messages")
    for kind, words in found["stopped"].items():
        console.print(f"stopped: {kind}: {words}")
