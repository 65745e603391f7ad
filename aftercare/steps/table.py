"""The pipeline, written once: the DAGs, the command line, the simulator and the tests call this."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aftercare.lifecycle import Kind
from aftercare.steps.check import check
from aftercare.steps.claim import claim
from aftercare.steps.compose import compose
from aftercare.steps.decide import decide_batch
from aftercare.steps.model import Batch, Counts
from aftercare.steps.parts import Parts
from aftercare.steps.record import record
from aftercare.steps.send import send

Step = Callable[[Parts, Batch], Counts]

STEPS: Mapping[str, Step] = {
    "claim": claim,
    "check": check,
    "decide": decide_batch,
    "compose": compose,
    "send": send,
    "record": record,
}


@dataclass(frozen=True)
class Flow:
    """Which DAG carries which kind."""

    dag: str
    kind: Kind


FLOWS = (
    Flow("apologies", Kind.APOLOGY),
    Flow("check_ins", Kind.CHECK_IN),
    Flow("small_extras", Kind.SMALL_EXTRA),
)


def run_batch(parts: Parts, batch: Batch) -> Counts:
    """All steps for one batch, one after the other; the rest is skipped when nothing was claimed.
    Raises BatchStopped when the gate stops the kind."""
    counts = STEPS["claim"](parts, batch)
    if not counts["claimed"]:
        return counts
    for name in list(STEPS)[1:]:
        counts = STEPS[name](parts, batch)
    return counts
