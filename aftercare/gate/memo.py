"""A gate for simulations: trusts unknown rows for the moment, and has them all judged at the end."""

from collections.abc import Sequence
from dataclasses import replace

from aftercare.gate.bounds import Bounds, judge_share
from aftercare.gate.frame import row_hash
from aftercare.gate.model import Failure, Gate, Row, Verdict

_SLICE = 5000


class OptimisticGate:
    """Answers from memory by row hash. A run has relied on confirmed verdicts only when `settle`
    finds nothing bad; otherwise it is run again with what was learnt."""

    def __init__(self, inner: Gate, bounds: Bounds) -> None:
        self._inner, self._bounds = inner, bounds
        self._known: dict[tuple[str, str], tuple[Failure, ...]] = {}
        self._open: dict[tuple[str, str], Row] = {}

    def check(self, kind: str, rows: Sequence[Row]) -> Verdict:
        """Verdicts from memory; unknown rows pass and are remembered for `settle`."""
        failures = {}
        for row in rows:
            key = (kind, row_hash(row))
            if found := self._known.get(key):
                failures[row.trigger_id] = found
            elif key not in self._known:
                self._open[key] = row
        return Verdict(failures, judge_share(kind, len(rows), failures, self._bounds))

    def settle(self) -> int:
        """Have every remembered row judged; returns how many turned out bad."""
        bad = 0
        for kind in sorted({kind for kind, _ in self._open}):
            keys = [key for key in self._open if key[0] == kind]
            for start in range(0, len(keys), _SLICE):
                bad += self._judge(kind, keys[start : start + _SLICE])
        self._open.clear()
        return bad

    def _judge(self, kind: str, keys: Sequence[tuple[str, str]]) -> int:
        # The hash stands in for the trigger: one trigger may have come with several faces.
        rows = [replace(self._open[key], trigger_id=key[1]) for key in keys]
        failures = self._inner.check(kind, rows).failures
        for key in keys:
            self._known[key] = tuple(failures.get(key[1], ()))
        return sum(bool(self._known[key]) for key in keys)
