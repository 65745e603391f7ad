"""A gate for simulations: trusts unknown rows for the moment, and has them judged many at a time."""

from collections.abc import Sequence
from dataclasses import replace

from aftercare.gate.bounds import Bounds, judge_share
from aftercare.gate.frame import row_hash
from aftercare.gate.model import Failure, Gate, Row, Verdict
from aftercare.gate.verdicts import Key, Verdicts

_SLICE = 2000


class OptimisticGate:
    """Answers from memory by row hash. A run has relied on confirmed verdicts only when `settle`
    finds nothing bad; otherwise it is run again with what was learnt.

    Once `trusting` is set to False, unknown rows are judged at once: slower a row, but whatever
    such a run relies on is confirmed.
    """

    trusting = True

    def __init__(self, inner: Gate, bounds: Bounds) -> None:
        self._inner, self._bounds = inner, bounds
        self._known = Verdicts()
        self._open: dict[Key, Row] = {}
        self._bad = 0

    def check(self, kind: str, rows: Sequence[Row]) -> Verdict:
        """Verdicts from memory; unknown rows pass and are remembered for `settle`."""
        keys = {row.trigger_id: (kind, row_hash(row)) for row in rows}
        known = {key: self._known.of(key) for key in keys.values()}
        unknown = {keys[r.trigger_id]: r for r in rows if known[keys[r.trigger_id]] is None}
        self._open |= unknown
        if unknown and not self.trusting:
            self._judge_open()
            known |= {key: self._known.of(key) for key in unknown}
        elif len(self._open) >= _SLICE:
            # What is remembered is bounded, however long the run.
            self._judge_open()
        failures = {trigger: found for trigger, key in keys.items() if (found := known[key])}
        return Verdict(failures, judge_share(kind, len(rows), failures, self._bounds))

    def settle(self) -> int:
        """Have every remembered row judged; returns how many of those that were trusted since the
        last time turned out bad."""
        self._judge_open()
        bad, self._bad = self._bad, 0
        return bad

    def _judge_open(self) -> None:
        for kind in sorted({kind for kind, _ in self._open}):
            self._judge(kind, [key for key in self._open if key[0] == kind])
        self._open.clear()

    def _judge(self, kind: str, keys: Sequence[Key]) -> None:
        # The hash stands in for the trigger: one trigger may have come with several faces.
        rows = [replace(self._open[key], trigger_id=key[1]) for key in keys]
        failures = self._inner.check(kind, rows).failures
        found: dict[Key, Sequence[Failure]] = {key: failures.get(key[1], ()) for key in keys}
        self._known.learn(found)
        if self.trusting:
            self._bad += sum(bool(failed) for failed in found.values())
