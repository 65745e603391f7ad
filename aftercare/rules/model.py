"""Care rules as data: what `rules/*.yml` says, checked and compiled."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from aftercare.lifecycle import Kind


class Condition(Protocol):
    """A compiled CEL expression."""

    @property
    def source(self) -> str:
        """The expression as it was written."""
        ...

    def value(self, facts: Mapping[str, Any]) -> Any:
        """Evaluate. A fact that is missing (None) where a value is needed gives None, not an error."""
        ...

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """True only when the value is True; a missing fact is not a match."""
        ...


@dataclass(frozen=True)
class Extra:
    """What is given: `fixed` or `percent` of the amount that `percent_of` names, within min..max,
    in the order's currency; paid from `budget` (see policy.yml)."""

    kind: str
    budget: str
    fixed: Decimal | None = None
    percent_of: Condition | None = None
    percent: Decimal | None = None
    min: Decimal | None = None
    max: Decimal | None = None


@dataclass(frozen=True)
class Rule:
    """One care rule. Exactly one of `on` and `after` is set; exactly one of `send` and `escalate`.
    `draft` is the template that a person starts from. `gone` says in plain words what it means that
    `still` does not hold any more."""

    name: str
    file: Path
    version: str
    kind: Kind
    cause: str
    wait: timedelta
    expires: timedelta
    on: str | None = None
    after: str | None = None
    expect: str | None = None
    by: Condition | None = None
    when: Condition | None = None
    still: Condition | None = None
    gone: str | None = None
    send: str | None = None
    otherwise: str | None = None
    again: str | None = None
    extra: Extra | None = None
    escalate: str | None = None
    draft: str | None = None
    incident: Condition | None = None
    exempt: bool = False

    @property
    def event(self) -> str:
        """The event type that starts this rule, e.g. `order.delivered`."""
        return self.on or self.after or ""

    @property
    def subject_kind(self) -> str:
        """`order`, `complaint` or `ticket`: whose facts `when` and `by` see."""
        return {"order": "order", "complaint": "complaint", "support": "ticket"}[
            self.event.split(".")[0]
        ]


@dataclass(frozen=True)
class Rulebook:
    """All rules, by name and by the event that starts them."""

    rules: Mapping[str, Rule]
    by_event: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)

    @staticmethod
    def of(rules: list[Rule]) -> "Rulebook":
        by_event: dict[str, tuple[Rule, ...]] = {}
        for rule in rules:
            by_event[rule.event] = (*by_event.get(rule.event, ()), rule)
        return Rulebook({r.name: r for r in rules}, by_event)
