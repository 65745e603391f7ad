"""What is asked of a CEL expression before it may judge anybody. Pure; problems come as words."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from aftercare.facts.model import KINDS
from aftercare.rules import tokens as t
from aftercare.rules.nearest import nearest
from aftercare.rules.trial import trial
from aftercare.rules.vocabulary import unknown_word

Names = Mapping[str, frozenset[str]]
"""Which fields each visible variable has, as {"order": {"status", …}}."""

LONGEST = 1000
FUNCTIONS = frozenset({"duration", "timestamp", "size", "string", "int", "double", "has"})
METHODS = frozenset({"contains", "startsWith", "endsWith", "matches", "size"}) | t.MACROS
_GO = re.compile(r"^-?(\d+(\.\d+)?(ns|us|ms|s|m|h))+$")
_DAYS = re.compile(r"^(\d{1,4})d$")
_SPOKEN = {"and": "&&", "or": "||", "not": "!"}
_SYNTAX = re.compile(r"<input>:\d+:(\d+): (.*)")

Execute = Callable[[dict[str, Any]], Any]


def check(source: str, names: Names, gives: str, ready: Callable[[str], Execute]) -> str | None:
    """The first problem of an expression that compiles, or None. `ready` compiles a part of it."""
    problems = (
        find
        for check_one in (_names, _calls, _safe, _durations)
        for find in check_one(source, names)
    )
    return next(problems, None) or unknown_word(source) or trial(source, gives, ready)


def syntax_words(source: str, error: str) -> str:
    """What CEL's parser said, shortened, with the mend of the usual slips."""
    found = t.tokens(source)
    for token in found:
        if token.sort == "name" and token.text.lower() in _SPOKEN:
            return f"{source!r} is not CEL; write {_SPOKEN[token.text.lower()]} for `{token.text}`"
    if any(token.text == "=" for token in found):
        return f"{source!r} is not CEL; write == to compare"
    match = _SYNTAX.search(error)
    if match is None:
        return f"{source!r} is not CEL"
    words = match[2].split(" expecting ")[0].removeprefix("Syntax error: ")
    words = words.replace("mismatched input '<EOF>'", "it ends too early")
    return f"{source!r} is not CEL: character {match[1]}: {words}"


def _names(source: str, names: Names) -> Iterator[str]:
    bound = t.macro_variables(source)
    for name in t.names(source):
        if name.call or name.text in bound - set(names):
            continue
        if name.text not in names:
            yield _unseen(name.text, names)
        elif name.of is None:
            yield f"{name.text} is read by its facts, as {name.text}.{min(names[name.text])}"
        elif name.of not in names[name.text]:
            known = nearest(name.of, names[name.text], prefix=f"{name.text}.")
            yield f"unknown fact {name.text}.{name.of}{known}"


def _unseen(name: str, names: Names) -> str:
    if name in KINDS:
        return f"{name} is not seen here, only {', '.join(names)}; `still` sees everything"
    return f"nothing is called {name}{nearest(name, names)}"


def _calls(source: str, names: Names) -> Iterator[str]:
    for name in t.names(source):
        if name.call and name.text not in FUNCTIONS:
            yield f"no function {name.text}{nearest(name.text, FUNCTIONS)}"
    for method in t.methods(source):
        if method not in METHODS:
            yield f"no function .{method}{nearest(method, METHODS, prefix='.')}"


def _safe(source: str, names: Names) -> Iterator[str]:
    for token in t.tokens(source):
        if token.text == "null":
            yield "a missing fact is never null here; write has(order.total) or !has(order.total)"
        if token.text in ("{", "`", "?.", "\\"):
            yield f"{token.text} has no use in a condition"
    if _macro_in_macro(source):
        yield "one .exists, .all or .filter inside another could take for ever; make two rules of it"


def _macro_in_macro(source: str) -> bool:
    found, stack = t.tokens(source), list[bool]()
    for at, token in enumerate(found):
        if token.text == "(":
            macro = (
                found[at - 1].text in t.MACROS and found[at - 2].text == "." if at > 1 else False
            )
            if macro and any(stack):
                return True
            stack.append(macro)
        elif token.text == ")" and stack:
            stack.pop()
    return False


def _durations(source: str, names: Names) -> Iterator[str]:
    found = t.tokens(source)
    for first, bracket, text in zip(found, found[1:], found[2:], strict=False):
        if first.text != "duration" or bracket.text != "(":
            continue
        if text.sort != "string":
            yield 'duration needs its text in quotes, as duration("48h")'
        elif not _GO.match(text.text[1:-1]):
            yield f"duration({text.text}) is not CEL; write {_mend(text.text[1:-1])}"


def _mend(text: str) -> str:
    days = _DAYS.match(text)
    return f'duration("{int(days[1]) * 24}h")' if days else 'hours and minutes, as "48h" or "90m"'
