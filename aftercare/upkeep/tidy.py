"""Leases that ran out and unknown sends."""

from aftercare.steps.leases import take_over
from aftercare.steps.model import Counts
from aftercare.steps.parts import Parts
from aftercare.steps.unknown import settle_unknown
from aftercare.store.engine import writing


def tidy_up(parts: Parts) -> Counts:
    """Take over what dead workers left, then settle what can be settled."""
    with writing(parts.engine) as connection:
        taken = take_over(connection, parts)
    return Counts({"leases taken over": taken}) + settle_unknown(parts)
