"""Judging promises whose time has passed, as far as the consumers have surely read."""

from aftercare.events.types import TOPICS
from aftercare.intake.expect import judge_promises
from aftercare.steps.model import Counts
from aftercare.steps.parts import Parts
from aftercare.store.engine import writing
from aftercare.store.offsets import read_past

_SLICE = 1000


def judge_all(parts: Parts) -> Counts:
    """Close every promise that can be judged at this moment, a thousand a transaction. Returns how
    many were closed and how many triggers were born (those born expired apart)."""
    counts: Counts = Counts()
    closed = _SLICE
    while closed == _SLICE:
        with writing(parts.engine) as connection:
            heard = {topic: read_past(connection, topic) for topic in TOPICS}
            closed, report = judge_promises(
                connection,
                heard,
                rulebook=parts.rulebook,
                zone=parts.zone,
                now=parts.clock.now(),
                limit=_SLICE,
            )
        counts["closed"] += closed
        counts["born"] += sum(report.born.values())
        counts["born expired"] += sum(report.expired.values())
    return counts
