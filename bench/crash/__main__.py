"""`python -m bench.crash --kills 1000 --seed 1`: prints the table of the README; exit 1 on imbalance."""

import argparse
import statistics
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from bench.crash.mutations import MUTATIONS, prepare
from bench.crash.rig import REST, Rig, Tally
from bench.crash.servers import servers
from bench.crash.verdict import Balance, balance


def crash(
    home: Path,
    *,
    kills: int,
    seconds: float,
    seed: int,
    rate: float,
    mutation: str = "",
    rest: float = REST,
) -> tuple[Tally, Balance]:
    """One run on servers of its own: kills until their number or the time is reached, then lets
    everything come to rest for `rest` machine seconds at the most. With a mutation the servers live,
    and the plan is the one that shows it soonest."""
    taken = MUTATIONS.get(mutation)
    with servers(home) as (ground, restarts):
        if taken is not None:
            ground = replace(ground, chunk=taken.chunk, late=taken.late)
        prepare(mutation, ground)
        rig = Rig(
            ground,
            seed=seed,
            rate=rate,
            mutation=mutation,
            plan=taken.plan if taken else None,
            restart={} if taken else restarts,
            rest=rest,
        )
        return rig.run(kills, seconds), balance(ground, rig.told)


def table(tally: Tally, found: Balance) -> str:
    """The table of the README, in Markdown."""
    rows = [
        ("late orders sent in", found.orders),
        ("messages accepted by the provider", found.accepted),
        ("kills", tally.kills.total()),
        *((f"— {point}", number) for point, number in sorted(tally.kills.items())),
        *((name, number) for name, number in sorted(tally.restarts.items())),
        *((name, number) for name, number in sorted(found.settled.items())),
        *(
            (f"a {what} killed: next progress, median and longest", _seconds(found_))
            for what, found_ in tally.recovery.items()
        ),
        ("**lost**", f"**{found.lost}**"),
        ("**doubled**", f"**{found.doubled}**"),
        ("accepted and unknown to the store", found.strange),
        ("triggers without an outcome", found.unsettled),
    ]
    lines = ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]
    return "\n".join([*lines, *(f"does not add up: {w}" for w in found.wrong)])


def _seconds(all_: list[float]) -> str:
    return f"{statistics.median(all_):.1f} s, {max(all_):.1f} s" if all_ else "none"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=1200, help="of killing, at the most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=4, help="late orders a second")
    parser.add_argument(
        "--mutation", choices=sorted(MUTATIONS), default="", help="a safety taken away"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="aftercare-crash-") as folder:
        Path(folder).chmod(0o755)
        tally, found = crash(
            Path(folder),
            kills=given.kills,
            seconds=given.seconds,
            seed=given.seed,
            rate=given.rate,
            mutation=given.mutation,
        )
    print(table(tally, found))
    return 0 if found.good else 1


if __name__ == "__main__":
    sys.exit(main())
