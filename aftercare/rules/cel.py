"""CEL conditions: checked when compiled, harmless and quick when asked."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import cel

from aftercare.errors import RuleError
from aftercare.rules.cel_check import LONGEST, Names, check, syntax_words
from aftercare.rules.tokens import facts_read

log = logging.getLogger(__name__)

_NOT_KNOWN = (LookupError, ArithmeticError)
"""What CEL raises for a fact that is absent, an item that is not there, a number out of range."""

_WRONG = (TypeError, ValueError, RuntimeError)
"""What CEL raises when the expression does not suit the values."""


@dataclass(frozen=True)
class CelCondition:
    """A compiled expression; `place` is the file, rule and field that it stands in."""

    source: str
    place: str
    _program: Any = field(repr=False, compare=False)
    _reads: tuple[tuple[str, str], ...] = field(repr=False, compare=False)

    def value(self, facts: Mapping[str, Any]) -> Any:
        """Its value with facts as facts.view.for_cel gives them; datetimes are aware, UTC.

        A fact that is absent or None counts as missing: None comes back unless the value does not
        depend on it (`true || …`) or the expression asks for it with `has`.
        """
        try:
            return self._program.execute(self._known(facts))
        except _NOT_KNOWN:
            return None
        except _WRONG as error:
            _warn_once(self.place, type(error).__name__)
            return None

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """True only when its value is True."""
        return self.value(facts) is True

    def _known(self, facts: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        # Only what is read is handed over: the evaluator copies all it is given. What is None is
        # left out, because CEL calls `null != "x"` true, and a missing fact must not match.
        known: dict[str, dict[str, Any]] = {}
        for variable, name in self._reads:
            fields = known.setdefault(variable, {})
            value = (facts.get(variable) or {}).get(name)
            if value is not None:
                fields[name] = value
        return known


def compile_condition(
    source: object, *, place: str, names: Names, gives: str = "bool"
) -> CelCondition:
    """Compile an expression and check it against the facts it may see.

    `names` are the fields of each visible variable; `gives` what its value must be: bool, moment,
    amount or text. Raises RuleError, beginning with `place`, for what is not CEL, an unknown
    variable, fact or function (with the nearest right name), values that do not go together, and
    whatever could take for ever.
    """
    if not isinstance(source, str) or not source.strip():
        raise RuleError(f"{place}: needs a CEL expression in quotes, not {source!r}")
    if len(source) > LONGEST:
        raise RuleError(f"{place}: longer than {LONGEST} characters; make two rules of it")
    try:
        program = cel.compile(source)
    except ValueError as error:
        raise RuleError(f"{place}: {syntax_words(source, str(error))}") from error
    condition = CelCondition(source, place, program, facts_read(source))
    problem = check(source, names, gives, lambda text: cel.compile(text).execute)
    if problem:
        raise RuleError(f"{place}: {problem}")
    return condition


@lru_cache(maxsize=256)
def _warn_once(place: str, error: str) -> None:
    log.warning("%s cannot be computed with the facts of some subjects (%s)", place, error)
