"""Filling a budget's pool of codes from a CSV file: whole or not at all."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from aftercare.decision.policy import Budget
from aftercare.errors import UsageError
from aftercare.store.tables import codes
from aftercare.store.upsert import insert_new

COLUMNS = ("code", "amount", "currency")
MOST_TOLD = 20
"""Problems told at once; the rest is counted."""

_SLICE = 500
_LONGEST = 100
_AMOUNT = re.compile(r"[0-9]{1,6}(\.[0-9]{1,2})?")


@dataclass(frozen=True)
class Filled:
    """How many codes came into the pool, and how many were in it before."""

    added: int
    known: int


def read_codes(file: Path, pool: str, budget: Budget) -> list[dict[str, Any]]:
    """Rows for the pool of `budget`, named `pool`. The file is CSV in UTF-8 with a column `code`, and
    maybe `amount` (major units) and `currency`: a code with an amount is given for just that amount,
    one without for any. `place` tells file and line.

    Raises UsageError naming the file, each wrong line (the first twenty) and its mend.
    """
    if budget.codes != "pool":
        raise UsageError(
            f"budget {pool} makes its own codes; write `codes: pool` for it in policy.yml"
        )
    problems: list[str] = []
    rows = list(_rows(file, pool, budget, problems))
    if problems:
        raise UsageError(_told(problems))
    if not rows:
        raise UsageError(f"{file} holds no codes below its first line")
    return rows


def fill(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> Filled:
    """Put codes into their pool; those that it holds already are left alone, given ones too.

    Raises UsageError, for the caller's transaction to be rolled back, when another pool holds some
    of them (a code is given once), or this one at another worth.
    """
    known, problems = 0, list[str]()
    for start in range(0, len(rows), _SLICE):
        some = rows[start : start + _SLICE]
        found = _held(connection, some)
        known += len(found)
        problems += _contradicting(some, found)
        insert_new(connection, codes, [_stored(row) for row in some])
    if problems:
        raise UsageError(_told(problems))
    return Filled(len(rows) - known, known)


def _stored(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row.get(name) for name in (*COLUMNS, "pool")}


def _held(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    query = select(codes).where(codes.c.code.in_([row["code"] for row in rows]))
    return {found["code"]: dict(found) for found in connection.execute(query).mappings()}


def _contradicting(
    rows: Sequence[Mapping[str, Any]], held: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    for row in rows:
        if (there := held.get(row["code"])) is None:
            continue
        place = row.get("place", row["code"])
        if there["pool"] != row["pool"]:
            yield (
                f"{place}: the code is in the pool of {there['pool']} already; a code is given "
                "once: take it out of the file"
            )
        elif row.get("amount") is not None and _worth(there) != _worth(row):
            yield (
                f"{place}: the code is in the pool already, {_worth(there)}; it keeps its worth: "
                "take it out of the file"
            )


def _worth(row: Mapping[str, Any]) -> str:
    if row.get("amount") is None:
        return "for any amount"
    return f"worth {row['amount']} {row['currency']}"


def _rows(file: Path, pool: str, budget: Budget, problems: list[str]) -> Iterator[dict[str, Any]]:
    seen: dict[str, int] = {}
    for line, raw in _lines(file):
        row = {name: (raw.get(name) or "").strip() for name in COLUMNS}
        amount = _amount(row["amount"])
        for words in _wrong(raw, row, budget, seen):
            problems.append(f"{file}:{line}: {words}")
        seen.setdefault(row["code"], line)
        yield {
            "code": row["code"],
            "pool": pool,
            "amount": str(amount) if amount else None,
            "currency": budget.currency if amount else None,
            "place": f"{file}:{line}",
        }


def _wrong(
    raw: Mapping[str | None, Any], row: Mapping[str, str], budget: Budget, seen: Mapping[str, int]
) -> Iterator[str]:
    code, amount, currency = (row[name] for name in COLUMNS)
    if None in raw:
        yield "has more fields than the first line names"
    if not code:
        yield "the code is empty"
    elif code in seen:
        yield f"the code stands in line {seen[code]} already"
    elif len(code) > _LONGEST:
        yield f"the code is longer than {_LONGEST} letters"
    elif not code.isprintable():
        yield "the code holds a character that cannot be printed, as a line break or a tab"
    if amount and not _amount(amount):
        yield f"{amount!r} is no amount above 0; write 5 or 5.50"
    if currency and currency != budget.currency:
        yield f"{currency!r} is not the budget's currency, {budget.currency}"


def _amount(text: str) -> Decimal | None:
    """The amount as the wallet writes it, with cents; None when it is none above 0."""
    if not _AMOUNT.fullmatch(text):
        return None
    amount = Decimal(text).quantize(Decimal("0.01"))
    return amount if amount > 0 else None


def _lines(file: Path) -> Iterator[tuple[int, dict[str | None, Any]]]:
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.DictReader(lines, strict=True)
            _check_header(file, reader.fieldnames)
            for row in reader:
                yield reader.line_num, dict(row)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not in UTF-8; save it as CSV in UTF-8") from error
    except csv.Error as error:
        raise UsageError(f"{file} is not CSV: {error}") from error


def _check_header(file: Path, names: Sequence[str] | None) -> None:
    if not names:
        raise UsageError(f"{file} is empty; its first line names the columns: code,amount,currency")
    if "code" not in names:
        mend = "; separate fields by commas" if ";" in names[0] or "\t" in names[0] else ""
        raise UsageError(f"{file}:1: names no column `code`{mend}")
    if len(set(names)) < len(names):
        raise UsageError(f"{file}:1: names a column twice")
    if other := [name for name in names if name not in COLUMNS]:
        raise UsageError(
            f"{file}:1: no column {other[0]!r} is read; there are {', '.join(COLUMNS)}"
        )


def _told(problems: list[str]) -> str:
    more = len(problems) - MOST_TOLD
    last = [f"and {more} more; nothing was imported" if more > 0 else "nothing was imported"]
    return "\n".join(problems[:MOST_TOLD] + last)
