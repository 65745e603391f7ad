"""CEL conditions: names checked when compiled, missing facts harmless when asked."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cel

from aftercare.errors import RuleError

Names = Mapping[str, frozenset[str]]
"""Which fields each visible variable has, as {"order": {"status", …}}."""

FUNCTIONS = frozenset(
    {"duration", "timestamp", "size", "string", "int", "uint", "double", "bool", "has"}
    | {"contains", "startsWith", "endsWith", "matches", "min", "max"}
)
_STRING = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'")
_FIELD = re.compile(r"\b([A-Za-z_]\w*)\s*\.\s*([A-Za-z_]\w*)(\s*\()?")
_MACRO = re.compile(r"\.\s*(?:exists|exists_one|all|filter|map)\s*\(\s*(\w+)")
_DURATION = re.compile(r"duration\(\s*[\"']([^\"']*)[\"']\s*\)")
_GO = re.compile(r"^-?(\d+(\.\d+)?(ns|us|ms|s|m|h))+$")
_LONGEST = 1000


@dataclass(frozen=True)
class CelCondition:
    """A compiled expression."""

    source: str
    _program: Any

    def value(self, facts: Mapping[str, Any]) -> Any:
        """Its value; None where a fact that it needs is missing."""
        try:
            return self._program.execute(dict(facts))
        except (KeyError, TypeError, ValueError, RuntimeError, OverflowError):
            # A comparison with a missing fact is an error in CEL; here it is "not known".
            return None

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """True only when its value is True."""
        return self.value(facts) is True


def compile_condition(source: object, *, place: str, names: Names) -> CelCondition:
    """Compile and check names. Raises RuleError naming `place` and the nearest right name."""
    if not isinstance(source, str) or not source.strip():
        raise RuleError(f"{place}: needs a CEL expression, not {source!r}")
    if len(source) > _LONGEST:
        raise RuleError(f"{place}: longer than {_LONGEST} characters; split it into two rules")
    try:
        program = cel.compile(source)
    except ValueError as error:
        first = next((line for line in str(error).splitlines() if "Syntax" in line), "syntax error")
        raise RuleError(f"{place}: {source!r} is not CEL: {first.split('<input>:')[-1]}") from error
    _check_variables(source, program, place, names)
    _check_fields(source, place, names)
    _check_functions(program, place)
    _check_durations(source, place)
    return CelCondition(source, program)


def _check_variables(source: str, program: Any, place: str, names: Names) -> None:
    bound = set(_MACRO.findall(source))
    for variable in sorted(set(program.variables()) - bound - set(names)):
        raise RuleError(f"{place}: nothing is called {variable}{nearest(variable, names)}")


def _check_fields(source: str, place: str, names: Names) -> None:
    for variable, field, call in _FIELD.findall(_STRING.sub('""', source)):
        if variable in names and not call and field not in names[variable]:
            known = names[variable]
            words = f"{place}: unknown fact {variable}.{field}"
            raise RuleError(words + nearest(field, known, prefix=f"{variable}."))


def _check_functions(program: Any, place: str) -> None:
    for function in program.functions():
        operator = not function[0].isalpha()
        if not operator and function not in FUNCTIONS:
            raise RuleError(f"{place}: no function {function}{nearest(function, FUNCTIONS)}")


def _check_durations(source: str, place: str) -> None:
    for text in _DURATION.findall(source):
        if not _GO.match(text):
            mend = f'"{int(text[:-1]) * 24}h"' if re.match(r"^\d+d$", text) else '"48h" or "90m"'
            raise RuleError(f'{place}: duration("{text}") is not CEL; write {mend}')


def nearest(name: str, known: Any, *, prefix: str = "") -> str:
    """`; did you mean …?`, or what there is when nothing is near."""
    close = difflib.get_close_matches(name, sorted(known), n=1)
    if close:
        return f"; did you mean {prefix}{close[0]}?"
    return f"; there are {', '.join(sorted(known)[:12])}"
