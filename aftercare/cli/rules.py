"""`aftercare rules check [DIR]` and `aftercare rules list`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from aftercare import settings
from aftercare.decision.policy_file import load_policy
from aftercare.rules import words
from aftercare.rules.load import load_rules
from aftercare.rules.model import Rulebook

app = typer.Typer(help="Care rules: check them, list them.", no_args_is_help=True)

Folder = Annotated[
    Path | None, typer.Argument(help="folder of *.yml rules; by default AFTERCARE_RULES")
]


@app.command()
def check(folder: Folder = None) -> None:
    """Read every rule and say what is wrong, all at once, e.g. `aftercare rules check rules`."""
    rules = _load(folder).rules.values()
    files = len({rule.file for rule in rules})
    print(f"{len(rules)} rules in {files} files are fine")


@app.command("list")
def list_rules(folder: Folder = None) -> None:
    """Each rule: when it fires, what it does, how long it waits, e.g. `aftercare rules list`."""
    table = Table(show_lines=True)
    for column in ("rule", "fires on", "does", "waits", "expires", "cause"):
        table.add_column(column, overflow="fold")
    for rule in _load(folder).rules.values():
        wait, expires = words.times(rule)
        cells = (rule.name, words.fires(rule), words.does(rule), wait, expires, rule.cause)
        table.add_row(*map(escape, cells))
    Console().print(table)


def _load(folder: Path | None) -> Rulebook:
    from aftercare.templating.library import Library  # slow to import

    here = settings.load()
    policy = load_policy(here.policy)
    return load_rules(
        folder or here.rules,
        templates=frozenset(Library.load(here.templates).templates),
        budgets=frozenset(policy.budgets),
        teams=frozenset(policy.teams),
    )
