"""`aftercare stop | resume KIND`, `aftercare incident list | stop | resume CAUSE`."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from aftercare.cli.parts import parts
from aftercare.errors import UsageError
from aftercare.lifecycle import Kind
from aftercare.steps import switch
from aftercare.store.engine import reading
from aftercare.store.switchboard import incidents, open_switches

incident = typer.Typer(help="Stop and resume care by incident.", no_args_is_help=True)

Reason = Annotated[str, typer.Option(help="why, for whoever looks next")]
KindName = Annotated[str, typer.Argument(help="apology, check_in or small_extra")]


def stop(kind: KindName, reason: Reason = "stopped by an operator") -> None:
    """Send nothing of a kind until it is resumed; what falls due waits. e.g. `aftercare stop apology`"""
    switch.stop(parts(), "kind", _kind(kind), reason)
    Console().print(f"{kind} is stopped; `aftercare resume {kind}` lets it run again")


def resume(kind: KindName) -> None:
    """Let a stopped kind run again; what is still true and in time is sent."""
    done = switch.resume(parts(), "kind", _kind(kind))
    Console().print(f"{kind} runs again" if done else f"{kind} was not stopped")


@incident.command("list")
def list_incidents() -> None:
    """Incidents with their triggers by status, and which are stopped."""
    with reading(parts().engine) as connection:
        rows = incidents(connection)
        halted = {
            r["name"]: r["reason"] for r in open_switches(connection) if r["scope"] == "incident"
        }
    table = Table("incident", "status", "triggers", "stopped because")
    for row in rows:
        why = halted.get(row["incident"], "")
        table.add_row(row["incident"], row["status"], str(row["triggers"]), why)
    Console().print(table if rows else "no incidents")


@incident.command("stop")
def stop_incident(cause: str, reason: Reason = "stopped by an operator") -> None:
    """Hold everything about one incident."""
    switch.stop(parts(), "incident", cause, reason)
    Console().print(f"{cause} is stopped")


@incident.command("resume")
def resume_incident(cause: str) -> None:
    """Decide again about everything held for one incident."""
    done = switch.resume(parts(), "incident", cause)
    Console().print(f"{cause} runs again" if done else f"{cause} was not stopped")


def _kind(text: str) -> str:
    if text not in [k.value for k in Kind]:
        raise UsageError(f"{text} is not a kind; it is one of {', '.join(Kind)}")
    return text
