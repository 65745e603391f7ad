"""The command line, composed; one place where errors become kind words."""

import importlib
import logging
import sys
from typing import Any

import typer

from aftercare.errors import AftercareError

GROUPS = {
    "events": "aftercare.cli.events:app",
    "rules": "aftercare.cli.rules:app",
    "policy": "aftercare.cli.show_settings:policy",
    "template": "aftercare.cli.template:app",
    "store": "aftercare.cli.store:app",
    "import": "aftercare.cli.imports:app",
    "quarantine": "aftercare.cli.quarantine:app",
    "incident": "aftercare.cli.incident:incident",
    "dead-letters": "aftercare.cli.dead_letters:app",
    "offsets": "aftercare.cli.offsets:app",
    "unknown": "aftercare.cli.unknown:app",
    "handoffs": "aftercare.cli.handoffs:app",
    "wallet": "aftercare.cli.wallet:app",
}

COMMANDS = {
    "demo": "aftercare.cli.demo:demo",
    "up": "aftercare.cli.up:up",
    "play": "aftercare.cli.play:play",
    "simulate": "aftercare.cli.simulate:simulate",
    "why": "aftercare.cli.why:why",
    "status": "aftercare.cli.why:status",
    "reconcile": "aftercare.cli.why:reconcile",
    "run": "aftercare.cli.why:run",
    "stop": "aftercare.cli.switches:stop",
    "resume": "aftercare.cli.switches:resume",
    "revive": "aftercare.cli.revive:revive",
    "outbox": "aftercare.cli.outbox:outbox",
    "settings": "aftercare.cli.show_settings:show_settings",
}


def build_app() -> typer.Typer:
    """Every command; modules are imported here, never at the import of the package."""
    app = typer.Typer(
        help="Aftercare: events become care that reaches a customer once, in time, with the facts right.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    for name, place in COMMANDS.items():
        app.command(name)(_load(place))
    for name, place in GROUPS.items():
        app.add_typer(_load(place), name=name)
    return app


def _load(place: str) -> Any:
    module, _, attribute = place.partition(":")
    return getattr(importlib.import_module(module), attribute)


def main() -> None:
    """Run the command line; a mistake of the user is told in words and exits 2."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # what matters comes as an error
    try:
        build_app()()
    except AftercareError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
