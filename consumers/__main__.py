"""`python -m consumers`: read the topics until told to stop.

Exit codes: 0 told to stop; 2 something an operator must mend; 3 too many dead letters.
"""

import argparse
import logging
import signal
import sys
import threading

from aftercare import settings
from aftercare.errors import AftercareError, StreamError
from aftercare.events.types import DELIVERIES, TOPICS
from consumers.loop import run


def main() -> int:
    """Read arguments and settings, then run; errors of the user are told in words."""
    parser = argparse.ArgumentParser(prog="python -m consumers", description=__doc__)
    everything = ",".join((*TOPICS, DELIVERIES))
    parser.add_argument("--topics", default=everything, help=f"comma separated ({everything})")
    topics = parser.parse_args().topics.split(",")
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        here = settings.load()
        logging.basicConfig(
            level=here.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s"
        )
        for noisy in ("kafka", "urllib3"):
            logging.getLogger(noisy).setLevel(logging.ERROR)
        run(here, topics, stopping)
    except StreamError as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    except AftercareError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


sys.exit(main())
