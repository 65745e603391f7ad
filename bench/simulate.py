"""`python -m bench.simulate`: how fast the simulator is, and that its memory stays where it is.

Simulates N, 2N and 4N weeks of the demo's shop (about a thousand events a week, dirt included, new
customers every week), each in a process of its own that is warm already, and compares the speed with
the ceiling of the same process: taking the same events in and deciding nothing.
"""

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from aftercare.demo.scenario import START, scenario
from aftercare.gate.model import Verdict
from aftercare.intake import take_in
from aftercare.settings import Settings
from aftercare.simulate.ground import ground
from aftercare.simulate.lines import Line, read_lines
from aftercare.simulate.whole import simulate
from aftercare.sources.files import write_lines
from aftercare.store.engine import writing

APART = timedelta(days=28)
"""From week to week, so that one has come to rest before the next one's history begins."""

_IDS = re.compile(rb'"(customer_id|order_id|complaint_id|ticket_id|id|key)":"([^"]+)"')
_BATCH = 512


def pack(weeks: int, first: int = 0) -> Iterator[bytes]:
    """Lines of so many weeks of the demo's shop, each with customers of its own."""
    for number in range(first, first + weeks):
        named = rb'"\1":"\2-%d"' % number
        for line in scenario(7 + number, START + number * APART):
            yield _IDS.sub(named, msgspec.json.encode(line))


def measure(weeks: int) -> dict[str, Any]:
    """Simulate a pack in this process; speeds in events a CPU second, which other work on the
    machine does not change; memory in MB."""
    with tempfile.TemporaryDirectory(prefix="aftercare-bench-") as name:
        home = Path(name)
        warm, file = home / "warm.jsonl", home / "pack.jsonl"
        write_lines(warm, pack(1, first=1000))
        simulate(Settings(home=home), lambda: read_lines(warm))
        before, lines = _peak(), write_lines(file, pack(weeks))
        started = time.process_time()
        found = simulate(Settings(home=home), lambda: read_lines(file))
        simulated = time.process_time() - started
        after = _peak()
        started = time.process_time()
        _take_in(file, home)
        taken = time.process_time() - started
    return {
        "lines": lines,
        "messages": found["messages"]["total"],
        "seconds": simulated,
        "rate": lines / simulated,
        "ceiling": lines / taken,
        "warm": before,
        "peak": after,
    }


class _NoGate:
    def check(self, kind: str, rows: object) -> Verdict:
        return Verdict()


def _take_in(file: Path, home: Path) -> None:
    with ground(Settings(home=home), _NoGate(), 1, keep_mails=False) as (parts, _):
        batch: list[Line] = []
        for line in read_lines(file):
            batch.append(line)
            if len(batch) == _BATCH:
                _one_batch(parts, batch)
                batch.clear()
        _one_batch(parts, batch)


def _one_batch(parts: Any, batch: list[Line]) -> None:
    with writing(parts.engine) as connection:
        take_in(
            connection,
            [line.incoming for line in batch],
            rulebook=parts.rulebook,
            zone=parts.zone,
            now=max((line.time for line in batch if line.time), default=START),
        )


def _peak() -> float:
    # Kilobytes on Linux, bytes on macOS.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def table(rows: list[dict[str, Any]]) -> str:
    """The table of docs/benchmarks.md."""
    head = (
        "| events | messages | CPU seconds | events/s | ceiling | peak MB | of it for the events |"
    )
    lines = [head, "|" + "---:|" * 7]
    lines += [
        f"| {r['lines']:,} | {r['messages']:,} | {r['seconds']:.0f} | {r['rate']:.0f} "
        f"| {r['rate'] / r['ceiling']:.1%} of {r['ceiling']:,.0f} "
        f"| {r['peak']:.0f} | {r['peak'] - r['warm']:.0f} |"
        for r in rows
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.simulate", description=__doc__)
    parser.add_argument("--weeks", type=int, default=2, help="N; 2N and 4N follow")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(given.one)))
        return 0
    rows = []
    for weeks in (given.weeks, 2 * given.weeks, 4 * given.weeks):
        command = [sys.executable, "-m", "bench.simulate", "--one", str(weeks)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        rows.append(json.loads(done.stdout.splitlines()[-1]))
        print(f"{weeks} weeks done", file=sys.stderr)
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
