"""A trial with made-up facts: an expression whose types do not go together would otherwise match
nobody, for ever, without a word."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from aftercare.rules.made_up import made_up
from aftercare.rules.tokens import Token, tokens

Execute = Callable[[dict[str, Any]], Any]

_FITS: dict[str, tuple[tuple[type, ...], str]] = {
    "bool": ((bool,), "true or false"),
    "moment": ((datetime,), 'a moment, as order.promised_on + duration("48h")'),
    "amount": ((int, float), "an amount, as order.total"),
    "text": ((str,), "text; write string(…) around it"),
}


def trial(source: str, gives: str, ready: Callable[[str], Execute]) -> str | None:
    """What is wrong with the types of an expression, in words; None when nothing is."""
    parts = list(operands(source)) if gives == "bool" else [source]
    for part in parts:
        problem = _try(part, gives, ready(part))
        if problem:
            return problem
    return None


def _try(part: str, gives: str, execute: Execute) -> str | None:
    types, words = _FITS[gives]
    try:
        found = execute(made_up())
    except (LookupError, ArithmeticError):
        return None  # depends on what the facts are, as an item's field that may be missing
    except (TypeError, ValueError, RuntimeError) as error:
        return f"{part!r} cannot be computed: {_first_sentence(error)}"
    if isinstance(found, types) and not (gives == "amount" and isinstance(found, bool)):
        return None
    return f"{part!r} gives {_name(found)}, not {words}"


def operands(source: str) -> Iterator[str]:
    """The parts of a condition between && and ||, so that each is tried, not only the first."""
    found = tokens(source)
    pieces = _split(found)
    if len(pieces) > 1:
        for piece in pieces:
            yield from operands(source[piece[0].start : piece[-1].end])
    elif len(found) > 2 and found[0].text == "(" and _closes(found) == len(found) - 1:
        yield from operands(source[found[1].start : found[-2].end])
    else:
        yield source


def _split(found: tuple[Token, ...]) -> list[list[Token]]:
    if any(token.text == "?" for token in found):
        return [list(found)]
    pieces: list[list[Token]] = [[]]
    depth = 0
    for token in found:
        depth += (token.text in "([") - (token.text in ")]")
        if depth == 0 and token.text in ("&&", "||"):
            pieces.append([])
        else:
            pieces[-1].append(token)
    return [piece for piece in pieces if piece]


def _closes(found: tuple[Token, ...]) -> int:
    depth = 0
    for at, token in enumerate(found):
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0:
            return at
    return -1


def _first_sentence(error: Exception) -> str:
    words = str(error).split(". ")[0].splitlines()[0].rstrip(".")
    if words.startswith("No such overload"):
        return "its values do not go together"
    hint = "; a whole number beside an amount is written 1.0" if "float" in words else ""
    return words[0].lower() + words[1:] + hint


def _name(value: Any) -> str:
    known = {str: "text", bool: "true or false", int: "a number", float: "a number"}
    known |= {datetime: "a moment", list: "a list", dict: "a map"}
    return known.get(type(value), "nothing of use")
