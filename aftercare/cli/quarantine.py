"""`aftercare quarantine`: rows that the gate put aside."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from aftercare.cli.parts import parts
from aftercare.errors import UsageError
from aftercare.lifecycle import Status
from aftercare.steps.moves import move, to_trigger
from aftercare.steps.parts import Parts
from aftercare.store.engine import reading, writing
from aftercare.store.switchboard import quarantined
from aftercare.store.tables import triggers

app = typer.Typer(help="Look at, release or drop what the gate put aside.", no_args_is_help=True)

Ids = Annotated[list[str] | None, typer.Argument(help="trigger ids; none with --all")]
All = Annotated[bool, typer.Option("--all", help="every quarantined trigger")]


@app.command("list")
def list_quarantine(
    kind: Annotated[str | None, typer.Option(help="only this kind")] = None,
) -> None:
    """Each quarantined trigger with the expectation that it failed, in words."""
    with reading(parts().engine) as connection:
        rows = quarantined(connection, kind)
    table = Table("trigger", "rule", "subject", "since", "expectation", "in words")
    for row in rows:
        since = f"{row['status_at']:%Y-%m-%d %H:%M}"
        subject = f"{row['subject_kind']} {row['subject_id']}"
        table.add_row(
            row["trigger_id"], row["rule"], subject, since, row["expectation"], row["words"]
        )
    Console().print(table if rows else "nothing is quarantined")


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
    wanted = set(ids or ())
    done = sum(_one(found, t, target, words) for t in _ids(found) if everything or t in wanted)
    Console().print(f"{done} {'released' if target is Status.WAITING else 'dropped'}")
    if wanted and done < len(wanted):
        raise UsageError(f"{len(wanted) - done} of these are not quarantined")


def _ids(found: Parts) -> list[str]:
    with reading(found.engine) as connection:
        return list(dict.fromkeys(str(row["trigger_id"]) for row in quarantined(connection)))


def _one(found: Parts, trigger_id: str, target: Status, words: str) -> bool:
    now = found.clock.now()
    with writing(found.engine) as connection:
        query = triggers.select().where(triggers.c.trigger_id == trigger_id)
        trigger = to_trigger(connection.execute(query).mappings().one())
        values = {"due_at": now} if target is Status.WAITING else {}
        return move(
            connection, trigger, target, at=now, step="operator", words=words, values=values
        )
