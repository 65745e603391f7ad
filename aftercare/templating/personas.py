"""Sample contexts from about.yml: plain YAML values as the views have them."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from aftercare.errors import TemplateError
from aftercare.facts.view import names
from aftercare.templating.library import Library

_DAY = re.compile(r"^\d{4}-\d\d-\d\d$")
_AMOUNTS = frozenset({"total", "refund", "amount"})
_FACTS = ("customer", "order", "complaint", "ticket")


def persona(library: Library, template: str, name: str) -> dict[str, Any]:
    """The context of a template's persona. Raises TemplateError naming those there are."""
    known = library.personas.get(template)
    if known is None:
        raise TemplateError(f"no template {template}; `aftercare template list` shows them")
    if name not in known:
        raise TemplateError(f"{template} has no persona {name}; it has {', '.join(known)}")
    found = {key: _value(key, value) for key, value in known[name].items()}
    return {"others": [], "today": date(2026, 3, 9), **_filled(found)}


def _filled(context: dict[str, Any]) -> dict[str, Any]:
    # Facts that a persona does not tell are not known, as in the store.
    for kind in _FACTS:
        if kind in context:
            context[kind] = dict.fromkeys(names(kind)) | context[kind]
    return context


def _value(key: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _value(str(k), v) for k, v in value.items()}
    if isinstance(value, list):
        return [_value(key, v) for v in value]
    if key == "again":
        return str(value).lower() == "true"
    if key in _AMOUNTS and value is not None:
        return Decimal(str(value))
    if isinstance(value, date):
        return value
    return date.fromisoformat(value) if isinstance(value, str) and _DAY.match(value) else value
