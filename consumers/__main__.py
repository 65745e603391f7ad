"""`python -m consumers`: read the topics until told to stop.

Exit codes: 0 told to stop; 2 something an operator must mend; 3 too many dead letters.
"""

import argparse
import logging
import signal
import sys
import threading
from pathlib import Path

from aftercare import settings
from aftercare.errors import AftercareError, SettingsError, UsageError
from aftercare.events.types import DELIVERIES, TOPICS
from consumers.cap import TooManyDead
from consumers.loop import run

EVERYTHING = (*TOPICS, DELIVERIES)


def main() -> int:
    """Read arguments and settings, then run; errors of the user are told in words."""
    told = ",".join(EVERYTHING)
    parser = argparse.ArgumentParser(
        prog="python -m consumers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--topics", default=told, help=f"comma separated (all: {told})")
    parser.add_argument(
        "--alive", type=Path, help="file that is touched every round, for health checks"
    )
    given = parser.parse_args()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        here = settings.load()
        _log(here.log_level)
        run(here, chosen(given.topics), stopping, given.alive)
    except AftercareError as error:
        print(f"error: {error}", file=sys.stderr)
        return 3 if isinstance(error, TooManyDead) else 2
    return 0


def chosen(text: str) -> list[str]:
    """Topics from a comma-separated list. Raises UsageError for one that nobody reads."""
    topics = [name.strip() for name in text.split(",") if name.strip()]
    if wrong := set(topics) - set(EVERYTHING):
        raise UsageError(
            f"--topics {', '.join(sorted(wrong))}: not a topic of ours; {', '.join(EVERYTHING)}"
        )
    if not topics:
        raise UsageError(f"--topics names no topic; choose of {', '.join(EVERYTHING)}")
    return topics


def _log(level: str) -> None:
    try:
        logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    except ValueError as error:
        words = f"AFTERCARE_LOG_LEVEL={level!r} is not DEBUG, INFO, WARNING or ERROR"
        raise SettingsError(words) from error
    for noisy in ("urllib3", "alembic"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    # The client tells of every attempt of an outage; we tell of each outage once.
    logging.getLogger("kafka").setLevel(logging.ERROR if level == "DEBUG" else logging.CRITICAL)


if __name__ == "__main__":
    sys.exit(main())
