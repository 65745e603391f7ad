"""`aftercare why`, `aftercare status`, `aftercare reconcile`, `aftercare run`: looking and acting."""

import json
import textwrap
from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from aftercare.cli.parts import parts
from aftercare.errors import UsageError
from aftercare.handoffs.standing import in_words, standing
from aftercare.steps.model import Batch
from aftercare.steps.table import FLOWS, run_batch
from aftercare.store.engine import reading
from aftercare.store.switchboard import by_outcome, open_switches
from aftercare.trace.data import as_data
from aftercare.trace.quiet import nothing_called
from aftercare.trace.why import stories, summary, tell

_FEW = 3
"""So many stories are told in full at once; of more, only the summary."""


def why(
    name: Annotated[
        str,
        typer.Argument(
            help="a customer, order, complaint, ticket, trigger, message or hand-off: its id, or "
            "the beginning of it"
        ),
    ],
    machine: Annotated[bool, typer.Option("--json", help="for machines")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="every story in full, however many")
    ] = False,
) -> None:
    """Tell what was or was not sent, and why: every step from the event to the provider's answer.

    e.g. aftercare why customer-17
    """
    here = parts()
    with reading(here.engine) as connection:
        found, told = stories(connection, name)
        silent = [] if told else nothing_called(connection, found, here.zone)
    if machine:
        typer.echo(json.dumps([as_data(story, here.zone) for story in told], indent=2))
        return
    _print(silent)
    if len(told) == 1:
        _print(tell(told[0], here.zone))
        return
    _print(summary(found, told, here.zone) if told else [])
    if len(told) <= _FEW or everything:
        for story in told:
            _print(["", *tell(story, here.zone)])
    else:
        name = told[0].trigger["trigger_id"][:8]
        _print(["", f"One story in full: aftercare why {name}. All of them: --all"])


def _print(lines: Iterable[str]) -> None:
    """Lines as they are; in a terminal wrapped under their own beginning."""
    console = Console()
    for line in lines:
        text = _wrapped(line, console.width) if console.is_terminal else line
        console.print(text, markup=False, highlight=False, soft_wrap=True)


def _wrapped(line: str, width: int) -> str:
    indent = " " * (len(line) - len(line.lstrip()) + 4)
    return textwrap.fill(
        line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def status() -> None:
    """Where every rule's triggers stand, what is stopped, what waits for a person, and how late the
    oldest due one is."""
    from aftercare.upkeep.lateness import oldest_due, stuck

    found = parts()
    with reading(found.engine) as connection:
        rows, halted = by_outcome(connection), open_switches(connection)
        of_people = in_words(standing(connection, found.clock.now()))
    table = Table("rule", "kind", "status", "triggers")
    for row in rows:
        table.add_row(row["rule"], row["kind"], row["status"], str(row["triggers"]))
    console = Console()
    console.print(table if rows else "no triggers yet")
    for row in halted:
        console.print(f"stopped: {row['scope']} {row['name']}: {row['reason']}")
    console.print(of_people, markup=False, highlight=False)
    console.print(f"the oldest due trigger has waited {oldest_due(found):.0f} s")
    for line in stuck(found):
        console.print(f"stuck: {line}", markup=False, highlight=False, soft_wrap=True)


def reconcile(
    offline: Annotated[bool, typer.Option(help="do not ask Kafka for its end offsets")] = False,
) -> None:
    """Add everything up; exit 1 and name it when something does not add up."""
    from aftercare.upkeep.kafka_ends import kafka_ends
    from aftercare.upkeep.reconcile import reconcile as add_up

    found = parts()
    sums = add_up(found, None if offline else kafka_ends)
    table = Table("what", "number")
    table.add_row("events read", str(sums.events))
    table.add_row("  became facts", str(sums.facts))
    table.add_row("  dead letters", str(sums.dead))
    table.add_row("  offsets without a record", str(sums.skipped))
    table.add_row("events waiting in Kafka", _behind(sums.behind, offline))
    table.add_row("triggers", str(sums.triggers))
    for name, number in sorted(sums.outcomes.items()):
        table.add_row(f"  {name}", str(number))
    console = Console()
    console.print(table)
    for line in sums.wrong:
        console.print(f"does not add up: {line}", markup=False)
    if sums.wrong:
        raise typer.Exit(1)
    console.print("everything adds up")


def _behind(number: int | None, offline: bool) -> str:
    if number is None:
        return "unknown (Kafka not asked)" if offline else "unknown (Kafka does not answer)"
    return str(number)


def run(kind: Annotated[str, typer.Argument(help="apology, check_in or small_extra")]) -> None:
    """Run the steps for one kind here, without Airflow, until nothing more is due."""
    from aftercare.ids import new_id

    if kind not in [flow.kind.value for flow in FLOWS]:
        raise UsageError(f"{kind} is not a kind; it is one of {', '.join(f.kind for f in FLOWS)}")
    found, console = parts(), Console()
    while (counts := run_batch(found, Batch(new_id(), kind)))["claimed"]:
        console.print(", ".join(f"{number} {name}" for name, number in sorted(counts.items())))
    found.sender.close()
    console.print(f"{kind} is stopped" if counts["stopped"] else "nothing more is due")
