"""Everything that the steps work with, built once a process and passed in."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from aftercare.clock import Clock, clock_from
from aftercare.decision.policy import Policy
from aftercare.decision.policy_file import load_policy
from aftercare.extras.codes import CodeProvider, RandomCodes
from aftercare.gate.model import Gate
from aftercare.message import Sender
from aftercare.rules.load import load_rules
from aftercare.rules.model import Rulebook
from aftercare.settings import Settings
from aftercare.store.engine import open_store
from aftercare.templating.library import Library


@dataclass
class Parts:
    """Store, clock, rules, policy, templates, gate and sender. `machine` tells machine seconds
    (epoch): leases and back-off run on it, never on the care clock."""

    settings: Settings
    clock: Clock
    engine: Engine
    policy: Policy
    library: Library
    rulebook: Rulebook
    make_gate: Callable[[], Gate]
    make_sender: Callable[[], Sender]
    codes: CodeProvider = field(default_factory=RandomCodes)
    machine: Callable[[], float] = time.time

    @cached_property
    def gate(self) -> Gate:
        return self.make_gate()

    @cached_property
    def sender(self) -> Sender:
        return self.make_sender()

    @property
    def zone(self) -> ZoneInfo:
        """The shop's zone."""
        return self.library.brand.zone


def build(settings: Settings, clock: Clock | None = None) -> Parts:
    """Parts from settings. Raises SettingsError, PolicyError, TemplateError or RuleError, each with
    file, place and mend; connects to nothing yet."""
    care_clock = clock or clock_from(settings.clock)
    library = Library.load(settings.templates)
    policy = load_policy(settings.policy, templates=library.templates)
    rulebook = load_rules(
        settings.rules,
        templates=frozenset(library.templates),
        budgets=frozenset(policy.budgets),
        teams=frozenset(policy.teams),
    )

    def gate() -> Gate:
        from aftercare.gate import make_gate

        return make_gate(settings, policy.gate)

    def sender() -> Sender:
        from aftercare.senders import make_sender

        return make_sender(settings, care_clock)

    engine = open_store(settings.store_url)
    return Parts(settings, care_clock, engine, policy, library, rulebook, gate, sender)
