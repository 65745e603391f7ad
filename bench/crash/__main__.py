"""`python -m bench.crash --kills 1000 --seed 1`: prints the table of the README; exit 1 on imbalance."""

import argparse
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from aftercare.sources.topics import ensure_topics
from aftercare.stack.apache_kafka import ApacheKafka
from aftercare.stack.ports import free_port, is_open
from aftercare.stack.postgres import Postgres
from aftercare.stack.waiting import wait_until
from aftercare.store.engine import open_store
from aftercare.store.upgrade import upgrade
from bench.crash.ground import Ground
from bench.crash.mutations import MUTATIONS
from bench.crash.rig import Rig, Tally, provider
from bench.crash.verdict import Balance, balance


def crash(
    home: Path,
    *,
    kills: int,
    seconds: float,
    seed: int,
    rate: float,
    mutation: str = "",
    servers: bool = True,
) -> tuple[Tally, Balance]:
    """One run on Apache Kafka and PostgreSQL of its own, restarted under way when `servers`."""
    home.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        kafka = stack.enter_context(ApacheKafka(home / "kafka"))
        postgres = stack.enter_context(Postgres())
        ledger, port = home / "accepted.txt", free_port()
        counting = provider(ledger, port)
        stack.callback(counting.kill)
        ground = Ground(
            home, kafka.address, postgres.address, f"http://127.0.0.1:{port}", ledger, 6000
        )
        ground.write()
        ensure_topics(kafka.address, 4, 1)
        engine = open_store(ground.settings.store_url)
        upgrade(engine)
        engine.dispose()
        wait_until(lambda: is_open(port), 20)

        def restart_kafka() -> None:
            kafka.stop()
            kafka.start()

        def restart_postgres() -> None:
            if postgres.child is not None:
                postgres.child.stop()
            postgres.start()

        restart = {"Kafka": restart_kafka, "Postgres": restart_postgres} if servers else {}
        rig = Rig(ground, seed=seed, rate=rate, mutation=mutation, restart=restart)
        tally = rig.run(kills, seconds)
        return tally, balance(ground, rig.told)


def table(tally: Tally, found: Balance) -> str:
    """The table of the README, in Markdown."""
    recovery = tally.recovery or [0.0]
    rows = [
        ("late orders sent in", found.orders),
        ("messages accepted by the provider", found.accepted),
        ("kills", tally.kills.total()),
        *((f"— {point}", number) for point, number in sorted(tally.kills.items())),
        *((name, number) for name, number in sorted(tally.restarts.items())),
        *((name, number) for name, number in sorted(found.settled.items())),
        ("recovery, median", f"{statistics.median(recovery):.2f} s"),
        ("recovery, longest", f"{max(recovery):.2f} s"),
        ("**lost**", f"**{found.lost}**"),
        ("**doubled**", f"**{found.doubled}**"),
        ("accepted and unknown to the store", found.strange),
        ("triggers without an outcome", found.unsettled),
    ]
    lines = ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]
    return "\n".join([*lines, *(f"does not add up: {w}" for w in found.wrong)])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=1200, help="of killing, at the most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=8, help="late orders a second")
    parser.add_argument("--mutation", choices=MUTATIONS, default="")
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
