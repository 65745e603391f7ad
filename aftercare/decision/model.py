"""What the decision is asked about and what it answers. Pure data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from aftercare.rules.model import Extra, Rule

View = Mapping[str, Any]


@dataclass(frozen=True)
class Trigger:
    """A care trigger as the decision sees it; times are aware, UTC."""

    trigger_id: str
    rule: str
    kind: str
    template: str
    customer_id: str
    subject_kind: str
    subject_id: str
    cause: str
    incident: str | None
    happened_at: datetime
    due_at: datetime
    expires_at: datetime
    status: str
    reason: str = ""
    attempts: int = 0
    follow_up_id: str | None = None
    batch_id: str | None = None


@dataclass(frozen=True)
class Spoken:
    """A message that this customer got or may have got. `counts`: it is not exempt."""

    follow_up_id: str
    kind: str
    at: datetime
    counts: bool
    subject_id: str
    cause: str


@dataclass(frozen=True)
class Case:
    """An open complaint or ticket."""

    kind: str
    case_id: str
    severity: str | None = None


@dataclass(frozen=True)
class Moment:
    """The facts of this moment about one trigger.

    `views` are facts.view dicts by name; `spoken` messages to this customer, newest first;
    `answered_by` the follow-up that already speaks for this (customer, subject, cause) or for its
    incident; `stopped` in words that its incident or cause is stopped, and why.
    """

    views: Mapping[str, View]
    spoken: Sequence[Spoken] = ()
    open_cases: Sequence[Case] = ()
    answered_by: str | None = None
    stopped: str | None = None


class Action(StrEnum):
    """What to do with a trigger."""

    SEND = "send"
    HOLD = "hold"
    WITHDRAW = "withdraw"
    SUPPRESS = "suppress"
    ESCALATE = "escalate"
    EXPIRE = "expire"
    BUNDLE = "bundle"


@dataclass(frozen=True)
class Decision:
    """An action and why. `until` (aware) goes with hold, `template` with send, `team` with
    escalate, `answered_by` with bundle; `again`: the message must own the repetition; `remedy`:
    it must bring an extra."""

    action: Action
    reasons: tuple[str, ...]
    until: datetime | None = None
    template: str | None = None
    team: str | None = None
    answered_by: str | None = None
    again: bool = False
    remedy: bool = False
    extra: Extra | None = None


@dataclass(frozen=True)
class Question:
    """Everything one decision needs besides the policy and the clock."""

    trigger: Trigger
    rule: Rule | None
    moment: Moment
    detail: Mapping[str, Any] = field(default_factory=dict)
