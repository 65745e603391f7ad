"""Dead letters for other eyes: topic aftercare.dead-letters, beside the rows in the store."""

import logging
from collections.abc import Sequence
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError

from aftercare.events.types import DEAD_LETTERS
from aftercare.intake import Dead
from aftercare.settings import Settings
from aftercare.sources.connection import connection_options
from consumers.topic_ids import BOOTSTRAP_MS

log = logging.getLogger("consumers")

FLUSH = 10
"""Machine seconds that sending a batch on may take."""


class Forwarder:
    """Sends dead letters on after their transaction. The store's rows are the truth: a process that
    dies in between leaves some out here, and (topic, partition, offset) in the headers tells
    repetitions apart."""

    def __init__(self, settings: Settings) -> None:
        self._options = connection_options(settings)
        self._producer: KafkaProducer | None = None

    def forward(self, dead: Sequence[Dead]) -> None:
        """Send on; failures are counted in one log line, because nothing is lost by them."""
        if not dead:
            return
        try:
            self._producer = self._producer or KafkaProducer(
                **self._options, bootstrap_timeout_ms=BOOTSTRAP_MS, max_block_ms=BOOTSTRAP_MS
            )
            sent = [self._send(self._producer, each) for each in dead]
            self._producer.flush(timeout=FLUSH)
            failed = sum(future is None or not future.succeeded() for future in sent)
        except KafkaError:
            failed = len(dead)
        if failed:
            log.warning("%d of %d dead letters not sent on; the store has them", failed, len(dead))

    def _send(self, producer: KafkaProducer, dead: Dead) -> Any:
        record = dead.incoming
        # Kafka's client refuses a record without key and value; the headers say that it was empty.
        value = b"" if record.key is None and record.value is None else record.value
        try:
            return producer.send(DEAD_LETTERS, value=value, key=record.key, headers=_headers(dead))
        except KafkaError:  # too large with its headers, for instance: the others go on
            return None

    def close(self) -> None:
        """Give up what is under way and disconnect."""
        if self._producer is not None:
            self._producer.close(timeout=BOOTSTRAP_MS / 1000)


def _headers(dead: Dead) -> list[tuple[str, bytes]]:
    record = dead.incoming
    fields = {
        "reason": dead.reason,
        "detail": dead.detail,
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
    }
    return [(name, str(value).encode()) for name, value in fields.items()]
