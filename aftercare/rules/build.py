"""One rule from its YAML, with every problem in words."""

import hashlib
import json
import re
from collections.abc import Callable, Collection
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from aftercare.errors import RuleError
from aftercare.events.types import TYPES
from aftercare.facts.happened import HAPPENED
from aftercare.facts.view import names
from aftercare.lifecycle import Kind
from aftercare.rules.cel import CelCondition, Names, compile_condition, nearest
from aftercare.rules.durations import duration
from aftercare.rules.model import Extra, Rule

FIELDS = frozenset(
    {"on", "when", "after", "expect", "by", "still", "send", "otherwise", "again"}
    | {"cause", "wait", "expires", "extra", "escalate", "incident", "exempt"}
)
EXTRA_FIELDS = frozenset(["kind", "budget", "fixed", "percent_of", "percent", "min", "max"])
EXPIRES = {
    Kind.APOLOGY: timedelta(days=5),
    Kind.CHECK_IN: timedelta(days=14),
    Kind.SMALL_EXTRA: timedelta(days=30),
}
"""How long each kind stays worth sending, counted from when it happened."""

_NAME = re.compile(r"^[a-z][a-z0-9-]{0,79}$")
_SUBJECTS = {"order": "order", "complaint": "complaint", "support": "ticket"}


class _Builder:
    """Reads fields one by one and collects what is wrong with them."""

    def __init__(self, file: Path, name: str, raw: dict[str, Any]) -> None:
        self.place, self.raw, self.problems = f"{file}: {name}", raw, list[str]()

    def wrong(self, field: str, words: str) -> None:
        self.problems.append(f"{self.place}.{field}: {words}")

    def read(self, field: str, reader: Callable[[Any], Any], default: Any = None) -> Any:
        """The field's value, read; the default when it is absent or wrong."""
        if field not in self.raw:
            return default
        try:
            return reader(self.raw[field])
        except RuleError as error:
            words = str(error).removeprefix(f"{self.place}.{field}: ")
            self.wrong(field, words)
            return default

    def condition(self, field: str, visible: Names) -> CelCondition | None:
        place = f"{self.place}.{field}"
        return self.read(field, lambda s: compile_condition(s, place=place, names=visible))  # type: ignore[no-any-return]

    def known(self, field: str, what: str, choices: Collection[str] | None) -> str | None:
        """A name out of some choices (None: not checked)."""
        value = self.raw.get(field)
        if value is None:
            return None
        if choices is not None and value not in choices:
            self.wrong(field, f"no {what} {value}{nearest(str(value), choices)}")
        return str(value)


def build(
    file: Path,
    name: str,
    raw: Any,
    templates: Collection[str] | None,
    budgets: Collection[str] | None,
    teams: Collection[str] | None,
) -> tuple[Rule | None, list[str]]:
    """The rule and its problems; None when it cannot be read at all."""
    if not isinstance(raw, dict):
        return None, [f"{file}: {name}: must be a mapping with `on:` or `after:`"]
    b = _Builder(file, name, raw)
    _shape(b, name)
    event = b.known("on", "event", HAPPENED) or b.known("after", "event", HAPPENED)
    if b.problems or event is None:
        return None, b.problems
    subject = _SUBJECTS[event.split(".")[0]]
    own: Names = {subject: names(subject)}
    everything: Names = {k: names(k) for k in ("customer", "order", "complaint", "ticket")}
    send = b.known("send", "template", templates)
    kind = _kind(b, send)
    rule = Rule(
        name=name,
        file=file,
        version=_version(raw),
        kind=kind,
        cause=str(raw.get("cause", name)),
        wait=b.read("wait", duration, timedelta()),
        expires=b.read("expires", duration, EXPIRES[kind]),
        on=raw.get("on"),
        after=raw.get("after"),
        expect=_expect(b, subject),
        by=b.condition("by", own),
        when=b.condition("when", own),
        still=b.condition("still", everything),
        send=send,
        otherwise=b.known("otherwise", "template", templates),
        again=b.known("again", "template", templates),
        extra=_extra(b, own, budgets),
        escalate=b.known("escalate", "team", teams),
        incident=b.condition("incident", own),
        exempt=b.read("exempt", _flag, False),
    )
    if rule.wait >= rule.expires:
        b.wrong("wait", "is not shorter than `expires`: it would always come too late")
    return rule, b.problems


def _shape(b: _Builder, name: str) -> None:
    if not _NAME.match(str(name)):
        b.problems.append(f"{b.place}: a rule's name is lower-case letters, digits and dashes")
    for field in sorted(set(map(str, b.raw)) - FIELDS):
        b.wrong(field, f"no such field{nearest(field, FIELDS)}")
    if ("on" in b.raw) == ("after" in b.raw):
        b.problems.append(
            f"{b.place}: needs either `on` (something happened) or `after` … `expect` … `by`"
        )
    if ("send" in b.raw) == ("escalate" in b.raw):
        b.problems.append(f"{b.place}: needs either `send` (a template) or `escalate` (a team)")
    together = [f for f in ("after", "expect", "by") if f in b.raw]
    if together and len(together) < 3:
        b.problems.append(f"{b.place}: `after`, `expect` and `by` go together")


def _kind(b: _Builder, send: str | None) -> Kind:
    if send is None:
        return Kind.APOLOGY
    folder = send.split("/")[0]
    if folder in [k.value for k in Kind] and "/" in send:
        return Kind(folder)
    b.wrong("send", f"{send} is not <kind>/<name> with kind {', '.join(Kind)}")
    return Kind.APOLOGY


def _expect(b: _Builder, subject: str) -> str | None:
    alike = [t for t in HAPPENED if _SUBJECTS[t.split(".")[0]] == subject and t in TYPES]
    return b.known("expect", f"event of the same {subject}", alike)


def _extra(b: _Builder, own: Names, budgets: Collection[str] | None) -> Extra | None:
    raw = b.raw.get("extra")
    if raw is None:
        return None
    if not isinstance(raw, dict):
        b.wrong("extra", "is a mapping: {kind: voucher, fixed: 10, budget: …}")
        return None
    inner = _Builder(Path(), "", raw)
    inner.place, inner.problems = f"{b.place}.extra", b.problems
    for field in sorted(set(map(str, raw)) - EXTRA_FIELDS):
        inner.wrong(field, f"no such field{nearest(field, EXTRA_FIELDS)}")
    if ("fixed" in raw) == ("percent" in raw) or ("percent" in raw) != ("percent_of" in raw):
        b.wrong("extra", "needs `fixed`, or `percent_of` with `percent`")
    if "budget" not in raw:
        inner.wrong("budget", "is missing: an extra is paid from a budget of policy.yml")
    return Extra(
        kind=str(raw.get("kind", "voucher")),
        budget=inner.known("budget", "budget", budgets) or "",
        fixed=inner.read("fixed", _money),
        percent_of=inner.condition("percent_of", own),
        percent=inner.read("percent", _money),
        min=inner.read("min", _money),
        max=inner.read("max", _money),
    )


def _money(value: Any) -> Decimal:
    try:
        found = Decimal(str(value))
    except InvalidOperation as error:
        raise RuleError(f"{value!r} is not a number") from error
    if not found.is_finite() or found <= 0:
        raise RuleError(f"{value!r} is not a positive number")
    return found


def _flag(value: Any) -> bool:
    if str(value).lower() not in ("true", "false"):
        raise RuleError(f"{value!r} is neither true nor false")
    return str(value).lower() == "true"


def _version(raw: dict[str, Any]) -> str:
    text = json.dumps(raw, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
