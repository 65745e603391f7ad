"""`aftercare wallet`: budgets, what is left, and pools of codes."""

import csv
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from aftercare.cli.parts import parts
from aftercare.errors import UsageError
from aftercare.extras.status import BudgetStatus, budget_status
from aftercare.store.engine import reading, writing
from aftercare.store.tables import codes
from aftercare.store.upsert import insert_new

app = typer.Typer(help="The goodwill wallet: budgets and voucher codes.", no_args_is_help=True)


@app.command()
def status() -> None:
    """Spent, reserved, left this month, and the day it runs out at this pace."""
    found = parts()
    with reading(found.engine) as connection:
        rows = [
            budget_status(connection, n, b, found.clock.now())
            for n, b in found.policy.budgets.items()
        ]
    table = Table(
        "budget", "spent", "reserved", "left today", "left this month", "runs out", "codes left"
    )
    for row in rows:
        table.add_row(*_cells(row))
    Console().print(table)


def _cells(row: BudgetStatus) -> list[str]:
    out: date | None = row.runs_out
    return [
        row.budget,
        f"{row.spent} {row.currency}",
        f"{row.reserved} {row.currency}",
        "no limit" if row.left_today is None else str(row.left_today),
        "no limit" if row.left_month is None else str(row.left_month),
        out.isoformat() if out else "not this month",
        "generated" if row.codes_left is None else str(row.codes_left),
    ]


@app.command("import")
def import_codes(
    file: Annotated[
        Path, typer.Argument(help="CSV with a column code, and maybe amount, currency")
    ],
    budget: Annotated[str, typer.Option(help="the budget whose pool they fill")],
) -> None:
    """Fill a pool of codes from a CSV file; codes that are known already are left alone."""
    found = parts()
    if budget not in found.policy.budgets:
        raise UsageError(f"no budget {budget}; policy.yml has {', '.join(found.policy.budgets)}")
    with writing(found.engine) as connection:
        insert_new(connection, codes, _read(file, budget))
    Console().print(f"codes of {file.name} are in the pool of {budget}")


def _read(file: Path, budget: str) -> list[dict[str, str | None]]:
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            rows = list(csv.DictReader(lines))
    except OSError as error:
        raise UsageError(f"{file} cannot be read") from error
    if not rows or "code" not in rows[0]:
        raise UsageError(f"{file}: the first line must name a column `code`")
    return [_code(file, number, row, budget) for number, row in enumerate(rows, 2)]


def _code(file: Path, line: int, row: dict[str, str], budget: str) -> dict[str, str | None]:
    if not (code := (row.get("code") or "").strip()):
        raise UsageError(f"{file}:{line}: the code is empty")
    amount, currency = row.get("amount") or None, row.get("currency") or None
    return {"code": code, "pool": budget, "amount": amount, "currency": currency}
