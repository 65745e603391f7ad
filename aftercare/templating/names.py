"""Which names a template may use, checked when it is loaded."""

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path

from jinja2 import Environment, TemplateSyntaxError, nodes

from aftercare.errors import TemplateError
from aftercare.facts.view import names

FACTS = ("customer", "order", "complaint", "ticket")
KNOWN: Mapping[str, frozenset[str]] = {
    **{kind: names(kind) for kind in FACTS},
    "extra": frozenset({"kind", "amount", "currency", "code"}),
    "brand": frozenset({"name", "signed_by", "email", "postal_address", "belief"}),
}
PLAIN = frozenset({"again", "others", "today"})
"""Names without fields of their own; `others` are the views of bundled troubles."""


def check_names(environment: Environment, path: Path, text: str) -> None:
    """Refuse unknown names and fields. Raises TemplateError with the line and the nearest name."""
    try:
        tree = environment.parse(text)
    except TemplateSyntaxError as error:
        raise TemplateError(f"{path}:{error.lineno}: {error.message}") from error
    local = {n.name for n in tree.find_all(nodes.Name) if n.ctx == "store"}
    for name in tree.find_all(nodes.Name):
        if name.ctx == "load" and name.name not in {*KNOWN, *PLAIN, *local}:
            _refuse(path, name.lineno, name.name, {*KNOWN, *PLAIN})
    for field in tree.find_all(nodes.Getattr):
        if isinstance(field.node, nodes.Name) and field.node.name in KNOWN:
            owner = field.node.name
            if field.attr not in KNOWN[owner]:
                _refuse(path, field.lineno, f"{owner}.{field.attr}", _dotted(owner))


def check_need(path: Path, need: str) -> None:
    """Refuse a fact in `needs` that nobody knows."""
    kind, _, field = need.partition(".")
    if kind not in FACTS or field not in KNOWN[kind]:
        every = [name for fact in FACTS for name in _dotted(fact)]
        _refuse(path, 1, need, every)


def _dotted(owner: str) -> set[str]:
    return {f"{owner}.{field}" for field in KNOWN[owner]}


def _refuse(path: Path, line: int, name: str, known: Iterable[str]) -> None:
    close = difflib.get_close_matches(name, sorted(known), n=1)
    mend = f"; did you mean {close[0]}?" if close else ""
    raise TemplateError(f"{path}:{line}: nothing is called {name}{mend}")
