"""A CEL expression as tokens: enough to see which facts it reads, without evaluating it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<string>[rR][bB]?(?:\"[^\"]*\"|'[^']*')|[bB]?(?:\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'))"
    r"|(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?[uU]?)"
    r"|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign>&&|\|\||[=!<>]=|.)",
    re.DOTALL,
)
MACROS = frozenset({"exists", "exists_one", "all", "filter", "map"})
WORDS = frozenset({"true", "false", "null", "in"})


@dataclass(frozen=True)
class Token:
    """`sort` is string, number, name or sign; `start` and `end` count characters of the source."""

    sort: str
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Name:
    """A name that is not a field of something: `of` the first field read from it (None: the name
    stands bare), `call` when it is a function."""

    text: str
    of: str | None
    call: bool


@lru_cache(maxsize=1024)
def tokens(source: str) -> tuple[Token, ...]:
    """The tokens of an expression, spaces left out."""
    found = (
        Token(m.lastgroup or "sign", m.group(), m.start(), m.end()) for m in _TOKEN.finditer(source)
    )
    return tuple(t for t in found if t.sort != "space")


def names(source: str) -> Iterator[Name]:
    """Every name that stands by itself, functions and the variables of macros included."""
    found = tokens(source)
    for at, token in enumerate(found):
        if token.sort != "name" or token.text in WORDS or _text(found, at - 1) == ".":
            continue
        is_field = _text(found, at + 1) == "." and _text(found, at + 3) != "("
        of = _text(found, at + 2) if is_field else None
        yield Name(token.text, of, _text(found, at + 1) == "(")


def methods(source: str) -> Iterator[str]:
    """Every name that is called on something, as `contains` in `a.b.contains("c")`."""
    found = tokens(source)
    for at, token in enumerate(found):
        if token.sort == "name" and _text(found, at - 1) == "." and _text(found, at + 1) == "(":
            yield token.text


def macro_variables(source: str) -> frozenset[str]:
    """The names that macros bind, as `x` in `order.items.exists(x, …)`."""
    found = tokens(source)
    return frozenset(
        _text(found, at + 2)
        for at, token in enumerate(found)
        if token.text in MACROS and _text(found, at - 1) == "." and _text(found, at + 1) == "("
    )


@lru_cache(maxsize=1024)
def facts_read(source: str) -> tuple[tuple[str, str], ...]:
    """The (variable, field) pairs that an expression reads, each once."""
    bound = macro_variables(source)
    return tuple(
        dict.fromkeys((n.text, n.of) for n in names(source) if n.of and n.text not in bound)
    )


def _text(found: tuple[Token, ...], at: int) -> str:
    return found[at].text if 0 <= at < len(found) else ""
