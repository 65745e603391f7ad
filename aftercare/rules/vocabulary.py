"""Facts with a fixed set of values: a misspelt one would compile, and match nobody."""

from collections.abc import Iterator, Sequence
from typing import get_args

from aftercare.events.fields import Severity
from aftercare.rules.nearest import nearest
from aftercare.rules.tokens import Token, tokens

VALUES = {
    ("order", "status"): frozenset(
        {"placed", "shipped", "delivered", "cancelled", "refunded", "damaged"}
    ),
    ("complaint", "status"): frozenset({"opened", "resolved"}),
    ("ticket", "status"): frozenset({"opened", "contacted", "resolved", "reopened"}),
    ("complaint", "severity"): frozenset(get_args(Severity)),
}
"""As facts.fold writes them."""


def unknown_word(source: str) -> str | None:
    """`order.status is never "late"; …` for the first value that a fact can never have."""
    found = tokens(source)
    for at in range(len(found) - 4):
        fact = (found[at].text, found[at + 2].text)
        if found[at + 1].text != "." or fact not in VALUES:
            continue
        for word in _compared(found[at + 3 :]):
            if word not in VALUES[fact]:
                return f'{".".join(fact)} is never "{word}"{nearest(word, VALUES[fact])}'
    return None


def _compared(rest: Sequence[Token]) -> Iterator[str]:
    # `== "x"` and `!= "x"` name one value, `in ["x", "y"]` several.
    if rest[0].text in ("==", "!=") and rest[1].sort == "string":
        yield rest[1].text[1:-1]
    if rest[0].text == "in" and rest[1].text == "[":
        for token in rest[2:]:
            if token.text == "]":
                return
            if token.sort == "string":
                yield token.text[1:-1]
