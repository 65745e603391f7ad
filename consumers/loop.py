"""The loop: sessions with Kafka and the store, with back-off between those that break."""

import logging
import random
import threading
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from kafka.errors import KafkaError
from sqlalchemy import Engine

from aftercare.clock import Clock, clock_from
from aftercare.decision.policy import load_policy
from aftercare.errors import OffsetMoved, StoreError
from aftercare.rules.load import load_rules
from aftercare.rules.model import Rulebook
from aftercare.settings import Settings
from aftercare.sources.connection import connection_options
from aftercare.sources.topics import ensure_topics
from aftercare.store.engine import open_store
from aftercare.store.upgrade import check_schema
from aftercare.templating.brand import load_brand
from consumers.batch import Handler
from consumers.belief import Belief
from consumers.cap import Cap
from consumers.forward import Forwarder
from consumers.pulse import Pulse
from consumers.reader import Reader
from consumers.wake import Waker, make_waker

log = logging.getLogger("consumers")

LONGEST = 30.0
POLL_MS = 500


def run(settings: Settings, topics: Sequence[str], stopping: threading.Event) -> None:
    """Consume until `stopping` is set. What an operator must mend is raised (RuleError,
    SchemaError, StreamError, …); a broker or store that is away is waited for."""
    clock = clock_from(settings.clock)
    policy = load_policy(settings.policy)
    rulebook = load_rules(
        settings.rules, budgets=frozenset(policy.budgets), teams=frozenset(policy.teams)
    )
    zone = load_brand(settings.templates).zone
    engine = open_store(settings.store_url)
    waker = make_waker(settings)
    pause = 0.0
    while not stopping.is_set():
        try:
            check_schema(engine)
            _session(settings, topics, engine, clock, rulebook, zone, waker, stopping)
            pause = 0.0
        except (KafkaError, StoreError, OSError) as error:
            if isinstance(error, StoreError) and not error.passing:
                raise
            pause = _wait(error, pause, stopping)
    waker.close()


def _wait(error: Exception, pause: float, stopping: threading.Event) -> float:
    """Say it once an outage, then wait: doubling, with jitter, up to half a minute."""
    words = (
        str(error) if isinstance(error, StoreError) else f"Kafka is away ({type(error).__name__})"
    )
    log.log(logging.WARNING if pause == 0 else logging.DEBUG, "%s; trying again", words)
    pause = min(max(pause * 2, 0.5), LONGEST)
    stopping.wait(pause * random.uniform(0.7, 1.3))  # noqa: S311 - jitter, not a secret
    return pause


def _session(
    settings: Settings,
    topics: Sequence[str],
    engine: Engine,
    clock: Clock,
    rulebook: Rulebook,
    zone: ZoneInfo,
    waker: Waker,
    stopping: threading.Event,
) -> None:
    """One membership in the consumer group, until told to stop or something breaks."""
    ensure_topics(
        settings.kafka, settings.partitions, settings.replication, connection_options(settings)
    )
    reader = Reader(settings, topics, engine)
    handler = Handler(engine, rulebook, zone, clock)
    belief = Belief(engine, clock, settings.listening_grace)
    forwarder, cap = Forwarder(settings), Cap(settings.dead_letter_share, settings.dead_letter_rows)
    pulse = Pulse()
    log.info("consuming %s", ", ".join(topics))
    try:
        while not stopping.is_set():
            batch = reader.poll(POLL_MS, settings.batch)
            if batch:
                try:
                    report = handler.handle(batch, reader)
                except OffsetMoved as moved:
                    log.warning("%s: reading on from the store's offset", moved)
                    reader.seek_to_store()
                    continue
                reader.commit()
                forwarder.forward(report.dead)
                cap.count(report.events, report.dead)
                waker.wake(report.born)
                pulse.count(report)
            belief.update(reader)
            pulse.beat(reader.lag)
    finally:
        forwarder.close()
        reader.close()
