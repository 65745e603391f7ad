"""One rule from its YAML, with every problem in words."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from aftercare.errors import RuleError
from aftercare.facts.happened import HAPPENED
from aftercare.facts.view import names
from aftercare.lifecycle import Kind
from aftercare.rules.cel_check import Names
from aftercare.rules.durations import duration
from aftercare.rules.extra import read_extra
from aftercare.rules.model import Rule
from aftercare.rules.reader import Reader
from aftercare.rules.shape import KINDS, check_shape, check_templates, name_like

EXPIRES = {
    Kind.APOLOGY: timedelta(days=5),
    Kind.CHECK_IN: timedelta(days=14),
    Kind.SMALL_EXTRA: timedelta(days=30),
}
"""How long each kind stays worth sending, counted from when it happened."""

ESCALATION_EXPIRES = timedelta(days=7)
"""A person may still mend what a template is too late for."""

_MOST = 120

_SUBJECTS = {"order": "order", "complaint": "complaint", "support": "ticket"}


@dataclass(frozen=True)
class Known:
    """The names that rules may use (None: not checked)."""

    templates: Collection[str] | None = None
    budgets: Collection[str] | None = None
    teams: Collection[str] | None = None


def build(
    file: Path, label: str, name: str, raw: Any, known: Known
) -> tuple[Rule | None, list[str]]:
    """The rule and its problems; no rule when it cannot be read far enough. `label` is the file as
    problems name it."""
    if not isinstance(raw, dict):
        return None, [f"{label}: {name}: must be a mapping with `on:` or `after:`"]
    reader = Reader(f"{label}: {name}", raw, [])
    check_shape(reader, name)
    event = reader.name("on", "event", HAPPENED) or reader.name("after", "event", HAPPENED)
    if event not in HAPPENED:
        return None, reader.problems
    kind = _kind(raw)
    check_templates(reader, kind)
    rule = _rule(file, name, reader, kind, _SUBJECTS[event.split(".")[0]], known)
    if rule.wait >= rule.expires:
        reader.wrong("wait", "is not shorter than `expires`; it would always come too late")
    return rule, reader.problems


def _rule(file: Path, name: str, reader: Reader, kind: Kind, subject: str, known: Known) -> Rule:
    own: Names = {subject: names(subject)}
    everything: Names = {k: names(k) for k in ("customer", "order", "complaint", "ticket")}
    usual = ESCALATION_EXPIRES if "escalate" in reader.raw else EXPIRES[kind]
    return Rule(
        name=name,
        file=file,
        version=_version(reader.raw),
        kind=kind,
        cause=reader.read("cause", name_like, name),
        wait=reader.read("wait", duration, timedelta()),
        expires=reader.read("expires", duration, usual),
        on=reader.raw.get("on"),
        after=reader.raw.get("after"),
        expect=reader.name("expect", f"{subject} event", _events_of(subject)),
        by=reader.condition("by", own, "moment"),
        when=reader.condition("when", own),
        still=reader.condition("still", everything),
        gone=reader.read("gone", _words, None),
        send=reader.name("send", "template", known.templates),
        otherwise=reader.name("otherwise", "template", known.templates),
        again=reader.name("again", "template", known.templates),
        extra=read_extra(reader, own, known.budgets),
        escalate=reader.name("escalate", "team", known.teams),
        draft=reader.name("draft", "template", known.templates),
        incident=reader.condition("incident", own, "text"),
        exempt=reader.read("exempt", _flag, False),
    )


def _kind(raw: Mapping[str, Any]) -> Kind:
    folder = str(raw.get("send", "")).partition("/")[0]
    return Kind(folder) if folder in KINDS else Kind.APOLOGY


def _events_of(subject: str) -> list[str]:
    return [event for event in HAPPENED if _SUBJECTS[event.split(".")[0]] == subject]


def _flag(value: Any) -> bool:
    if value not in ("true", "false"):
        raise RuleError(f"{value!r} is neither true nor false")
    return bool(value == "true")


def _words(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value.strip()) <= _MOST or "\n" in value.strip():
        raise RuleError(f"needs one line of at most {_MOST} letters, as `the order was cancelled`")
    return value.strip().rstrip(".")


def _version(raw: Mapping[str, Any]) -> str:
    text = json.dumps(raw, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
