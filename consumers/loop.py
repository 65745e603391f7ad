"""The loop: sessions with Kafka and the store, with back-off between those that break."""

import threading
from collections.abc import Sequence
from pathlib import Path

from kafka.errors import KafkaError

from aftercare.errors import StoreError, StreamError
from aftercare.settings import Settings
from consumers.outage import Outage, in_words, passing
from consumers.session import Session
from consumers.work import prepare


def run(
    settings: Settings,
    topics: Sequence[str],
    stopping: threading.Event,
    alive: Path | None = None,
) -> None:
    """Consume until `stopping` is set. A broker or a store that is away is waited for; what an
    operator must mend is raised as AftercareError (RuleError, SchemaError, StreamError, …)."""
    work = prepare(settings, topics, stopping, alive)
    outage = Outage(settings, stopping)
    try:
        while not stopping.is_set():
            try:
                outage.attempt()
                with Session(work) as session:
                    session.run(outage)
            except (KafkaError, StreamError, StoreError, OSError) as error:
                if not passing(error):
                    raise in_words(error, settings) from error
                outage.wait(error)
    finally:
        work.waker.close()
