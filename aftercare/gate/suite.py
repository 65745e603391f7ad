"""Reading a suite: hand-written Great Expectations JSON, checked before it is believed."""

import difflib
import json
import re
from pathlib import Path
from typing import Any

from aftercare.errors import SettingsError
from aftercare.gate.frame import COLUMNS


def read_suite(folder: Path, kind: str) -> dict[str, Any]:
    """The suite of a kind, well-formed. Raises SettingsError naming file, expectation and mend."""
    file = folder / f"{kind}.json"
    suite = _json(file)
    expectations = suite.get("expectations") if isinstance(suite, dict) else None
    if not isinstance(expectations, list) or not isinstance(suite.get("name"), str):
        raise SettingsError(f"{file}: needs a `name` and a list `expectations`")
    if not expectations:
        raise SettingsError(f"{file}: has no expectations, so every row would pass")
    for number, expectation in enumerate(expectations):
        _check(f"{file}: expectations[{number}]", expectation)
    return dict(suite)


def _json(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        mend = "AFTERCARE_EXPECTATIONS names its folder"
        raise SettingsError(f"{file} cannot be read; {mend}") from error
    except ValueError as error:
        raise SettingsError(f"{file} is not JSON: {error}") from error


def _check(place: str, expectation: Any) -> None:
    if not isinstance(expectation, dict) or not isinstance(expectation.get("type"), str):
        raise SettingsError(f"{place}: needs a `type`")
    meta, kwargs = expectation.get("meta"), expectation.get("kwargs")
    if not isinstance(meta, dict) or not _is_text(meta.get("name"), meta.get("words")):
        raise SettingsError(f"{place}: `meta` needs a `name` and `words` for the operator")
    if not isinstance(kwargs, dict):
        raise SettingsError(f'{place}: needs `kwargs`, e.g. {{"column": "email"}}')
    for key, value in kwargs.items():
        if key.startswith("column"):
            _check_columns(place, value)
        if key == "regex":
            _check_regex(place, value)


def _check_columns(place: str, value: Any) -> None:
    for name in value if isinstance(value, list) else [value]:
        if name not in COLUMNS:
            near = difflib.get_close_matches(str(name), COLUMNS, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(COLUMNS)}"
            raise SettingsError(f"{place}: no column {name}; {hint}")


def _check_regex(place: str, value: Any) -> None:
    try:
        re.compile(value)
    except (re.error, TypeError) as error:
        raise SettingsError(f"{place}: `regex` is no regular expression: {error}") from error


def _is_text(*values: Any) -> bool:
    return all(isinstance(value, str) and value.strip() for value in values)
