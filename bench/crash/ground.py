"""What a run of the rig stands on: servers, settings, two rules, a policy without caps."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aftercare.gate.model import Verdict
from aftercare.senders import make_sender
from aftercare.settings import ROOT, Settings
from aftercare.steps.parts import Parts, build

RULES = "".join(
    f"""
{name}:
  on: order.delivered
  when: order.days_late >= 1
  cause: lateness
  send: apology/late_delivery
  expires: 5d
"""
    for name in ("late-delivery", "late-delivery-too")
)
"""Two rules notice the same care: only one of them may speak."""

LEASE = 4.0
UNKNOWN_AFTER = 20.0


@dataclass(frozen=True)
class Ground:
    """Addresses and folders; plain data, so that forked children can use it. `late`: machine seconds
    after which the provider tells of what it accepted."""

    home: Path
    kafka: str
    store: str
    provider: str
    ledger: Path
    session_timeout_ms: int
    chunk: int = 20
    late: float = 0.0

    @property
    def settings(self) -> Settings:
        """Short leases, a real SendGrid client against the counting provider."""
        return Settings(
            home=self.home,
            store=self.store,
            kafka=self.kafka,
            partitions=4,
            session_timeout_ms=self.session_timeout_ms,
            rules=self.home / "rules",
            policy=self.home / "policy.yml",
            templates=ROOT / "templates",
            sender="sendgrid",
            sendgrid_api_key="rig",
            sendgrid_url=self.provider,
            chunk=self.chunk,
            lease=LEASE,
            unknown_after=UNKNOWN_AFTER,
            dead_letter_rows=10**9,
            listening_grace=1.0,
            log_level="ERROR",
        )

    def write(self) -> None:
        """The rule and the policy, where the settings look for them."""
        (self.home / "rules").mkdir(parents=True, exist_ok=True)
        (self.home / "rules" / "late.yml").write_text(RULES)
        (self.home / "policy.yml").write_text("apologies: {most: 1000000}\n")

    def parts(self) -> Parts:
        """Parts whose gate lets everything pass: importing Great Expectations at every restart
        would leave no time for killing; the gate never decides about once or twice."""
        parts = build(self.settings)
        parts.make_gate = OpenGate
        parts.make_sender = lambda: make_sender(self.settings, parts.clock)
        return parts


class OpenGate:
    """Lets everything pass."""

    def check(self, kind: str, rows: Any) -> Verdict:
        return Verdict()
