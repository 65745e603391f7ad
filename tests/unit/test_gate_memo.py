"""The simulator's gate: trust first, judge all at once, run again when the trust was misplaced."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aftercare.gate.memo import OptimisticGate
from aftercare.gate.model import Failure, Row, Verdict
from tests.unit.test_gate_bounds import Bounds

WORDS = Failure("address-valid", "the e-mail address is not one")


@dataclass
class Strict:
    """Refuses addresses without an @, and remembers how it was asked."""

    asked: list[tuple[str, int]] = field(default_factory=list)

    def check(self, kind: str, rows: Sequence[Row]) -> Verdict:
        self.asked.append((kind, len(rows)))
        bad = [r for r in rows if "@" not in r.views["customer"]["email"]]
        return Verdict({r.trigger_id: [WORDS] for r in bad})


def row(trigger: str, email: str) -> Row:
    now = datetime(2026, 1, 5, tzinfo=UTC)
    return Row(trigger, "r", "apology/late_delivery", (), {"customer": {"email": email}}, now)


def test_an_unknown_row_passes_until_it_is_settled() -> None:
    gate = OptimisticGate(Strict(), Bounds())
    assert not gate.check("apology", [row("t1", "nobody")]).failures
    assert gate.settle() == 1
    assert gate.check("apology", [row("t2", "nobody")]).failures == {"t2": (WORDS,)}


def test_a_run_that_relied_on_good_rows_settles_at_once() -> None:
    gate = OptimisticGate(Strict(), Bounds())
    gate.check("apology", [row("t1", "ana@example.com")])
    assert gate.settle() == 0


def test_all_rows_of_a_kind_are_judged_in_one_batch_and_only_once() -> None:
    inner = Strict()
    gate = OptimisticGate(inner, Bounds())
    for _ in range(2):
        for number in range(30):
            gate.check("apology", [row(f"t{number}", f"c{number}@example.com")])
        gate.check("check_in", [row("u", "c@example.com")])
        gate.settle()
    assert inner.asked == [("apology", 30), ("check_in", 1)]


def test_a_trigger_whose_facts_changed_is_judged_with_both_faces() -> None:
    gate = OptimisticGate(Strict(), Bounds())
    gate.check("apology", [row("t1", "nobody")])
    gate.check("apology", [row("t1", "ana@example.com")])
    assert gate.settle() == 1
    assert not gate.check("apology", [row("t1", "ana@example.com")]).failures


def test_a_bad_batch_stops_from_memory_too() -> None:
    gate = OptimisticGate(Strict(), Bounds())
    rows = [row(f"t{i}", f"nobody{i}") for i in range(20)]
    assert gate.check("apology", rows).stop is None
    gate.settle()
    assert "20 of 20 rows are bad" in str(gate.check("apology", rows).stop)
