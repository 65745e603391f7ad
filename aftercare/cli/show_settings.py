"""`aftercare settings` and `aftercare policy check`."""

from dataclasses import Field, fields
from typing import Any
from urllib.parse import urlsplit

import typer
from rich.console import Console
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from aftercare import settings
from aftercare.cli.listing import show
from aftercare.decision.policy_file import load_policy
from aftercare.templating.library import Library

policy = typer.Typer(help="Check the policy file.", no_args_is_help=True)


def show_settings() -> None:
    """Every setting with its value here, its default and its meaning."""
    here = settings.load()
    headings = ("setting", "value here", "default", "meaning")
    show(headings, (_cells(here, field) for field in fields(settings.Settings)), "no settings")


def _cells(here: settings.Settings, field: Field[Any]) -> tuple[str, str, str, str]:
    name = settings.PREFIX + field.name.upper()
    return name, _shown(here, field), str(field.default or ""), field.metadata["meaning"]


def _shown(here: settings.Settings, field: Field[Any]) -> str:
    """The value, fit to be pasted into a ticket."""
    value = str(getattr(here, field.name) or "")
    if field.metadata["secret"] and value:
        return "(set)"
    return _DOORS[field.name](value) if value and field.name in _DOORS else value


def _without_password(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "(not a URL)"


def _without_path(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.hostname}/…"


_DOORS = {"store": _without_password, "handoff_webhook": _without_path}
"""Settings that are no secrets, but may hold one."""


@policy.command("check")
def check_policy() -> None:
    """Read policy.yml whole; exit 2 with file, place and mend when it is wrong."""
    here = settings.load()
    templates = Library.load(here.templates).templates
    found = load_policy(here.policy, templates=templates)
    budgets, teams = (", ".join(names) or "none" for names in (found.budgets, found.teams))
    Console().print(f"{here.policy.name} is fine (budgets: {budgets}; teams: {teams})")
