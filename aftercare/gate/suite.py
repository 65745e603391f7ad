"""Reading a suite: hand-written Great Expectations JSON, checked before it is believed."""

import json
from pathlib import Path
from typing import Any

from aftercare.errors import SettingsError
from aftercare.gate.frame import COLUMNS


def read_suite(folder: Path, kind: str) -> dict[str, Any]:
    """The suite of a kind. Raises SettingsError naming file, expectation and mend."""
    file = folder / f"{kind}.json"
    try:
        suite = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{file} cannot be read; AFTERCARE_EXPECTATIONS names its folder") from error
    except ValueError as error:
        raise SettingsError(f"{file} is not JSON: {error}") from error
    if not isinstance(suite, dict) or not isinstance(suite.get("expectations"), list):
        raise SettingsError(f"{file}: needs a `name` and a list `expectations`")
    for number, expectation in enumerate(suite["expectations"]):
        _check(file, number, expectation)
    return suite


def _check(file: Path, number: int, expectation: Any) -> None:
    place = f"{file}: expectations[{number}]"
    if not isinstance(expectation, dict) or "type" not in expectation:
        raise SettingsError(f"{place}: needs a `type`")
    meta = expectation.get("meta") or {}
    if not meta.get("name") or not meta.get("words"):
        raise SettingsError(f"{place}: `meta` needs a `name` and `words` for the operator")
    for key, value in expectation.get("kwargs", {}).items():
        if key.startswith("column") and value not in COLUMNS:
            raise SettingsError(f"{place}: no column {value}; there are {', '.join(COLUMNS)}")
