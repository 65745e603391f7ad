"""What a consumer works with, built once a process."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from aftercare.clock import Clock, clock_from
from aftercare.decision.policy_file import load_policy
from aftercare.rules.load import load_rules
from aftercare.rules.model import Rulebook
from aftercare.settings import Settings
from aftercare.store.engine import open_store
from aftercare.templating.brand import load_brand
from consumers.cap import Cap
from consumers.wake import Waker, make_waker


@dataclass(frozen=True)
class Work:
    """Settings, topics and everything that outlives a session with Kafka."""

    settings: Settings
    topics: Sequence[str]
    stopping: threading.Event
    engine: Engine
    clock: Clock
    rulebook: Rulebook
    zone: ZoneInfo
    waker: Waker
    cap: Cap
    alive: Path | None


def prepare(
    settings: Settings,
    topics: Sequence[str],
    stopping: threading.Event,
    alive: Path | None = None,
) -> Work:
    """Read rules, policy and brand; connect to nothing. `alive` is touched while all is well.
    Raises SettingsError, PolicyError, RuleError, TemplateError or StoreError."""
    policy = load_policy(settings.policy)
    rulebook = load_rules(
        settings.rules, budgets=frozenset(policy.budgets), teams=frozenset(policy.teams)
    )
    return Work(
        settings,
        topics,
        stopping,
        engine=open_store(settings.store_url),
        clock=clock_from(settings.clock),
        rulebook=rulebook,
        zone=load_brand(settings.templates).zone,
        waker=make_waker(settings),
        cap=Cap(settings.dead_letter_share, settings.dead_letter_rows),
        alive=alive,
    )
