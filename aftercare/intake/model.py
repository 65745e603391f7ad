"""What goes into the intake and what it reports."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Incoming:
    """One Kafka record, as bytes, with its place. `revive_since`: see aftercare/intake/revival.py."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    revive_since: datetime | None = None


@dataclass(frozen=True)
class Dead:
    """A record that could not be understood: a stable reason code and words without its values."""

    incoming: Incoming
    reason: str
    detail: str


@dataclass
class Report:
    """What one batch became. `born` counts new or re-armed triggers by kind, born-expired ones by
    kind in `expired`, of which the first would have been due at `expired_due`; `woken` counts what
    the batch's facts had decided again."""

    events: int = 0
    dead: list[Dead] = field(default_factory=list)
    born: dict[str, int] = field(default_factory=dict)
    expired: dict[str, int] = field(default_factory=dict)
    expired_due: datetime | None = None
    woken: int = 0
