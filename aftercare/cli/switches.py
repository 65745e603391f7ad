"""`aftercare stop | resume KIND`."""

from typing import Annotated

import typer
from rich.console import Console

from aftercare.cli.parts import parts
from aftercare.errors import UsageError
from aftercare.lifecycle import Kind
from aftercare.steps import switch

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


def _kind(text: str) -> str:
    if text not in [k.value for k in Kind]:
        raise UsageError(f"{text} is not a kind; it is one of {', '.join(Kind)}")
    return text
