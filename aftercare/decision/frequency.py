"""How often a customer may be written to: the first moment at which every cap allows one more."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from aftercare.decision.model import Spoken
from aftercare.decision.policy import Cap, Policy
from aftercare.lifecycle import Kind


def allowed_from(now: datetime, kind: str, spoken: Sequence[Spoken], policy: Policy) -> datetime:
    """`now` when every cap has room, else the first moment when enough old messages left each
    cap's window. Exempt messages (`counts` false) take no room."""
    counted = [s for s in spoken if s.counts]
    alike = [s for s in counted if s.kind == kind]
    moments = [now]
    moments += _each(policy.frequency.overall, counted)
    moments += _each(policy.frequency.by_kind.get(Kind(kind), ()), alike)
    return max(moments)


def _each(caps: Iterable[Cap], spoken: Sequence[Spoken]) -> list[datetime]:
    times = sorted((s.at for s in spoken), reverse=True)
    # With room for `most`, the most-th newest message must have left the window.
    return [times[cap.most - 1] + cap.within for cap in caps if 0 < cap.most <= len(times)]
