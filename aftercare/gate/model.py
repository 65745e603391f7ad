"""What the gate is asked and what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True)
class Row:
    """One claimed trigger joined with its facts. `views` are facts.view dicts by name: `customer`,
    and `order`, `complaint` or `ticket` as far as they exist; `needs` the facts its template
    requires, as `order.promised_on`; `now` the care time."""

    trigger_id: str
    rule: str
    template: str
    needs: tuple[str, ...]
    views: Mapping[str, Mapping[str, Any]]
    now: datetime


@dataclass(frozen=True)
class Failure:
    """One failed expectation: its short stable name and words for an operator (no personal data)."""

    expectation: str
    words: str


@dataclass(frozen=True)
class Verdict:
    """Failures by trigger id (good rows are absent), why the whole batch stops (None: it goes on),
    and where the Data Docs page is (None: not built)."""

    failures: Mapping[str, Sequence[Failure]] = field(default_factory=dict)
    stop: str | None = None
    docs: str | None = None


class Gate(Protocol):
    """Great Expectations in production; tests and the simulator may wrap it."""

    def check(self, kind: str, rows: Sequence[Row]) -> Verdict:
        """Judge a batch of one kind. Raises SettingsError when the suite itself is wrong."""
        ...
