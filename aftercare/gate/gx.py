"""Great Expectations as a library: imported late, kept quiet, believed only when it was heard."""

import difflib
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aftercare.errors import SettingsError


def quiet_gx() -> Any:
    """The `great_expectations` module (2-4 s the first time), without its hundreds of log lines."""
    # Above ERROR: a wrong suite is logged there as a traceback, and we say it ourselves.
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    import great_expectations

    # One of its modules sets a level of its own, and would tell of its temporary folders.
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.CRITICAL)
    return great_expectations


def make_suite(file: Path, raw: Mapping[str, Any]) -> Any:
    """An ExpectationSuite from JSON that `read_suite` found well-formed.

    Raises SettingsError for an unknown type, one that does not judge row by row, or arguments that
    Great Expectations refuses. It must not be left to Great Expectations: an unknown type is dropped
    from the suite there, and then every row passes.
    """
    gx = quiet_gx()
    for number, expectation in enumerate(raw["expectations"]):
        _by_row(f"{file}: expectations[{number}]", expectation["type"])
    try:
        suite = gx.ExpectationSuite(**raw)
    except Exception as error:  # Great Expectations raises many kinds for a wrong suite
        raise SettingsError(f"{file} is refused by Great Expectations: {_words(error)}") from error
    if len(suite.expectations) != len(raw["expectations"]):
        raise SettingsError(
            f"{file}: Great Expectations dropped an expectation; is one there twice?"
        )
    return suite


def _by_row(place: str, name: str) -> None:
    from great_expectations.expectations import expectation as kinds
    from great_expectations.expectations import registry

    known = registry.list_registered_expectation_implementations()
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise SettingsError(f"{place}: Great Expectations knows no {name}{hint}")
    rows = (
        kinds.ColumnMapExpectation,
        kinds.ColumnPairMapExpectation,
        kinds.MulticolumnMapExpectation,
    )
    if not issubclass(registry.get_expectation_impl(name), rows):
        raise SettingsError(
            f"{place}: {name} judges the batch as a whole; only row-by-row expectations belong here "
            "(shares and volumes are bounded in the policy, under `gate`)"
        )


def _words(error: Exception) -> str:
    """The lines that say what is wrong: pydantic's first line only counts."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return ": ".join(lines[:3])[:200]
