"""Reading the fields of one mapping, collecting every problem instead of stopping at the first."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from aftercare.errors import RuleError
from aftercare.rules.cel import CelCondition, compile_condition
from aftercare.rules.cel_check import Names
from aftercare.rules.nearest import nearest

T = TypeVar("T")


class Reader:
    """`place` is the file and rule, as problems name it; `problems` grows while reading."""

    def __init__(self, place: str, raw: Mapping[str, Any], problems: list[str]) -> None:
        self.place, self.raw, self.problems = place, raw, problems

    def wrong(self, field: str, words: str) -> None:
        self.problems.append(f"{self.place}.{field}: {words}")

    def only(self, fields: Collection[str]) -> None:
        """Complain about fields that nobody knows."""
        for field in sorted(set(map(str, self.raw)) - set(fields)):
            self.wrong(field, f"no such field{nearest(field, fields)}")

    def read(self, field: str, reader: Callable[[Any], T], default: T) -> T:
        """The field, read; the default when it is absent or wrong."""
        if field not in self.raw:
            return default
        try:
            return reader(self.raw[field])
        except RuleError as error:
            self.wrong(field, str(error))
            return default

    def condition(self, field: str, names: Names, gives: str = "bool") -> CelCondition | None:
        """The field as a compiled CEL expression."""
        if field not in self.raw:
            return None
        try:
            place = f"{self.place}.{field}"
            return compile_condition(self.raw[field], place=place, names=names, gives=gives)
        except RuleError as error:
            self.problems.append(str(error))
            return None

    def name(self, field: str, what: str, choices: Collection[str] | None) -> str | None:
        """The field as a name out of some choices (None: any)."""
        if field not in self.raw:
            return None
        value = self.raw[field]
        if not isinstance(value, str) or not value:
            self.wrong(field, f"needs one name ({what}), not {value!r}")
            return None
        if choices is not None and value not in choices:
            self.wrong(field, f"no {what} {value}{nearest(value, choices)}")
        return value
