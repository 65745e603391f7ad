"""`aftercare quarantine`: rows that the gate put aside."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console

from aftercare.cli.ids import in_full
from aftercare.cli.listing import show
from aftercare.cli.parts import parts
from aftercare.errors import UsageError
from aftercare.lifecycle import Status
from aftercare.steps.moves import move, to_trigger
from aftercare.steps.parts import Parts
from aftercare.store.engine import reading, writing
from aftercare.store.switchboard import quarantined
from aftercare.store.tables import triggers
from aftercare.trace.words import clock

app = typer.Typer(help="Look at, release or drop what the gate put aside.", no_args_is_help=True)

Ids = Annotated[list[str] | None, typer.Argument(help="trigger ids; none with --all")]
All = Annotated[bool, typer.Option("--all", help="every quarantined trigger")]


@app.command("list")
def list_quarantine(
    kind: Annotated[str | None, typer.Option(help="only this kind")] = None,
) -> None:
    """Each quarantined trigger with the expectation that it failed, in words."""
    found = parts()
    with reading(found.engine) as connection:
        rows = quarantined(connection, kind)
    cells = (
        (
            *(row["trigger_id"], row["rule"], f"{row['subject_kind']} {row['subject_id']}"),
            *(clock(row["status_at"], found.zone), row["words"], row["expectation"]),
        )
        for row in rows
    )
    headings = ("trigger", "rule", "subject", "since", "in words", "expectation")
    show(headings, cells, "nothing is quarantined", ids=True, zone=found.zone)


@app.command()
def release(ids: Ids = None, everything: All = False) -> None:
    """Check again now, e.g. after a fix at the source: `aftercare quarantine release --all`."""
    _each(ids, everything, Status.WAITING, "released by an operator: checked again")


@app.command()
def drop(ids: Ids = None, everything: All = False) -> None:
    """Give up on them: they end as withdrawn, and the trace says by whom it was decided."""
    _each(ids, everything, Status.WITHDRAWN, "dropped from quarantine by an operator")


def _each(ids: list[str] | None, everything: bool, target: Status, words: str) -> None:
    if bool(ids) == everything:
        raise UsageError("name trigger ids, or --all; `aftercare quarantine list` shows them")
    found = parts()
    done = sum(_one(found, trigger, target, words) for trigger in _ids(found, ids or ()))
    Console().print(f"{done} {'released' if target is Status.WAITING else 'dropped'}")


def _ids(found: Parts, given: Sequence[str]) -> list[str]:
    with reading(found.engine) as connection:
        there = list(dict.fromkeys(str(row["trigger_id"]) for row in quarantined(connection)))
        if not given:
            return there
        column, listed = triggers.c.trigger_id, "aftercare quarantine list"
        wanted = [
            in_full(connection, column, one, what="quarantined trigger", listed_by=listed)
            for one in given
        ]
    if others := [one for one in wanted if one not in there]:
        raise UsageError(f"trigger {others[0]} is not quarantined; `{listed}` shows those that are")
    return list(dict.fromkeys(wanted))


def _one(found: Parts, trigger_id: str, target: Status, words: str) -> bool:
    now = found.clock.now()
    with writing(found.engine) as connection:
        query = triggers.select().where(triggers.c.trigger_id == trigger_id)
        trigger = to_trigger(connection.execute(query).mappings().one())
        values = {"due_at": now} if target is Status.WAITING else {}
        return move(
            connection, trigger, target, at=now, step="operator", words=words, values=values
        )
