"""`aftercare settings` and `aftercare policy check`."""

from dataclasses import fields

import typer
from rich.console import Console
from rich.table import Table

from aftercare import settings
from aftercare.decision.policy_file import load_policy
from aftercare.templating.library import Library

policy = typer.Typer(help="Check the policy file.", no_args_is_help=True)


def show_settings() -> None:
    """Every setting with its value here, its default and its meaning."""
    here = settings.load()
    table = Table("setting", "value here", "default", "meaning")
    for field in fields(settings.Settings):
        name = settings.PREFIX + field.name.upper()
        value = str(getattr(here, field.name) or "")
        shown = "(set)" if field.metadata["secret"] and value else value
        table.add_row(name, shown, str(field.default or ""), field.metadata["meaning"])
    Console().print(table)


@policy.command("check")
def check_policy() -> None:
    """Read policy.yml whole; exit 2 with file, place and mend when it is wrong."""
    here = settings.load()
    templates = Library.load(here.templates).templates
    found = load_policy(here.policy, templates=templates)
    budgets, teams = (", ".join(names) or "none" for names in (found.budgets, found.teams))
    Console().print(f"{here.policy.name} is fine (budgets: {budgets}; teams: {teams})")
