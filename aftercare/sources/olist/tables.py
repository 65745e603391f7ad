"""Olist's CSV files under the names Kaggle gives them, or short ones, gzipped or not."""

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO, cast

from aftercare.errors import UsageError

Row = dict[str, str]

_NAMES = {
    "translation": ("product_category_name_translation", "translation"),
    **{
        name: (f"olist_{name}_dataset", name)
        for name in (
            "orders",
            "customers",
            "order_items",
            "order_payments",
            "order_reviews",
            "products",
        )
    },
}


def rows(folder: Path, name: str, *columns: str) -> Iterator[Row]:
    """The rows of one table, in the file's order; empty cells are empty text.

    Raises UsageError when the file is missing, is not a CSV in UTF-8, or lacks a column.
    """
    path = find(folder, name)
    try:
        with _opened(path) as file:
            reader = csv.DictReader(file, restval="")
            _refuse_missing(path, columns, reader.fieldnames or ())
            yield from reader
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} cannot be read as CSV: {error}") from error


def find(folder: Path, name: str) -> Path:
    """The file of a table. Raises UsageError, naming what was looked for."""
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder; give the one with Olist's CSV files")
    for stem in _NAMES[name]:
        for ending in (".csv", ".csv.gz"):
            if (path := folder / (stem + ending)).is_file():
                return path
    wanted = " or ".join(f"{stem}.csv" for stem in _NAMES[name])
    raise UsageError(f"{folder} has no {wanted} (.gz is fine too)")


def _opened(path: Path) -> TextIO:
    # Kaggle's translation file begins with a byte order mark.
    opener = gzip.open if path.suffix == ".gz" else open
    return cast(TextIO, opener(path, "rt", encoding="utf-8-sig", newline=""))


def _refuse_missing(path: Path, wanted: tuple[str, ...], found: object) -> None:
    missing = [column for column in wanted if column not in set(found)]  # type: ignore[call-overload]
    if missing:
        raise UsageError(f"{path} has no column {', '.join(missing)}; is it another data set?")
