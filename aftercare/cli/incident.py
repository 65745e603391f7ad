"""`aftercare incident list | stop NAME | resume NAME`: one trouble that hit many."""

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy import RowMapping

from aftercare.cli.listing import show
from aftercare.cli.parts import parts
from aftercare.steps import switch
from aftercare.store.engine import reading
from aftercare.store.switchboard import incidents, open_switches

incident = typer.Typer(help="Stop and resume care by incident.", no_args_is_help=True)

Reason = Annotated[str, typer.Option(help="why, for whoever looks next")]
Name = Annotated[
    str, typer.Argument(help="an incident's key, or a cause that rules share, e.g. lateness")
]


@incident.command("list")
def list_incidents() -> None:
    """Incidents with their triggers by outcome, and what is stopped."""
    with reading(parts().engine) as connection:
        rows = incidents(connection)
        halted = {
            r["name"]: r["reason"] for r in open_switches(connection) if r["scope"] == "incident"
        }
    names = list(dict.fromkeys([*(row["incident"] for row in rows), *halted]))
    cells = (
        (name, _outcomes(r for r in rows if r["incident"] == name), halted.get(name, ""))
        for name in names
    )
    show(("incident or cause", "triggers", "stopped because"), cells, "no incidents")


def _outcomes(rows: Iterable[RowMapping]) -> str:
    return ", ".join(f"{row['triggers']} {row['status']}" for row in rows)


@incident.command("stop")
def stop_incident(name: Name, reason: Reason = "stopped by an operator") -> None:
    """Hold everything about one incident or cause; tells how many triggers wait for it."""
    found = parts()
    with reading(found.engine) as connection:
        before = switch.stopped(connection, "incident", name)
        waiting = switch.unspoken(connection, name)
    if before is not None:
        _say(f"{name} was stopped already ({before}); {_waiting(waiting)}")
        return
    switch.stop(found, "incident", name, reason)
    _say(f"{name} is stopped; {_waiting(waiting)}, and what comes will wait too")
    _say(f"to go on: aftercare incident resume {name}")


@incident.command("resume")
def resume_incident(name: Name) -> None:
    """Decide again about everything held for one incident or cause."""
    found = parts()
    with reading(found.engine) as connection:
        waiting = switch.unspoken(connection, name)
    if switch.resume(found, "incident", name):
        _say(f"{name} runs again; {_triggers(waiting)} will be decided again")
    else:
        _say(f"{name} was not stopped; `aftercare incident list` shows what is")


def _triggers(number: int) -> str:
    return f"{number} trigger{'' if number == 1 else 's'}"


def _waiting(number: int) -> str:
    return f"{_triggers(number)} {'waits' if number == 1 else 'wait'}"


def _say(line: str) -> None:
    Console(soft_wrap=True).print(line, markup=False, highlight=False)
