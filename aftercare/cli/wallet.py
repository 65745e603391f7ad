"""`aftercare wallet`: budgets, what is left, and pools of codes."""

import json
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from aftercare.cli.listing import show
from aftercare.cli.parts import parts
from aftercare.errors import UsageError
from aftercare.extras.pool import Filled, fill, read_codes
from aftercare.extras.status import BudgetStatus, budget_status
from aftercare.rules.nearest import nearest
from aftercare.store.engine import reading, writing

app = typer.Typer(help="The goodwill wallet: budgets and voucher codes.", no_args_is_help=True)


@app.command()
def status(
    machine: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """What this month (UTC) has spent, reserved and left, and the day it runs out at this pace."""
    found = parts()
    now = found.clock.now()
    with reading(found.engine) as connection:
        rows = [budget_status(connection, n, b, now) for n, b in found.policy.budgets.items()]
    if machine:
        typer.echo(json.dumps([asdict(row) for row in rows], indent=2, default=str))
        return
    headings = (
        "budget",
        "in",
        "spent",
        "reserved",
        "left",
        "left today",
        "a day",
        "runs out",
        "codes",
    )
    show(headings, map(_cells, rows), f"{found.settings.policy} has no budgets")


def _cells(row: BudgetStatus) -> list[str]:
    return [
        row.budget,
        row.currency,
        str(row.spent),
        str(row.reserved),
        _amount(row.left_month),
        _amount(row.left_today),
        str(row.a_day),
        _day(row.runs_out, "lasts"),
        _codes_left(row),
    ]


def _codes_left(row: BudgetStatus) -> str:
    if row.codes_left is None:
        return "generated"
    return f"{row.codes_left}, {_day(row.codes_out, 'none is given')}"


def _amount(left: Decimal | None) -> str:
    return "no limit" if left is None else str(left)


def _day(day: date | None, otherwise: str) -> str:
    return day.isoformat() if day else otherwise


@app.command("import")
def import_codes(
    file: Annotated[
        Path, typer.Argument(help="CSV with a column code, and maybe amount, currency")
    ],
    budget: Annotated[str, typer.Option(help="the budget whose pool they fill")],
) -> None:
    """Fill a pool of codes from a CSV file, whole or not at all; known codes are left alone.

    A code with an amount is given for just that amount, one without for any.

    Example: aftercare wallet import codes.csv --budget goodwill
    """
    found = parts()
    known = found.policy.budgets.get(budget)
    if known is None:
        raise UsageError(f"there is no budget {budget}{nearest(budget, found.policy.budgets)}")
    rows = read_codes(file, budget, known)
    with writing(found.engine) as connection:
        filled = fill(connection, rows)
    _say(f"{_codes(filled)} in the pool of {budget}")


def _codes(filled: Filled) -> str:
    one = "1 code is" if filled.added == 1 else f"{filled.added} codes are"
    return f"{one} new" + (f", {filled.known} were known," if filled.known else "")


def _say(line: str) -> None:
    Console(soft_wrap=True).print(line, markup=False, highlight=False)
