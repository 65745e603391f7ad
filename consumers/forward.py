"""Dead letters for other eyes: topic aftercare.dead-letters, beside the rows in the store."""

import logging
from collections.abc import Sequence

from kafka import KafkaProducer
from kafka.errors import KafkaError

from aftercare.events.types import DEAD_LETTERS
from aftercare.intake import Dead
from aftercare.settings import Settings
from aftercare.sources.connection import connection_options

log = logging.getLogger("consumers")


class Forwarder:
    """Sends dead letters on, at least once: the store's rows are the truth, and (topic, partition,
    offset) in the headers tells repetitions apart."""

    def __init__(self, settings: Settings) -> None:
        self._options = connection_options(settings)
        self._producer: KafkaProducer | None = None

    def forward(self, dead: Sequence[Dead]) -> None:
        """Send on; a failure is logged, because nothing is lost by it."""
        if not dead:
            return
        try:
            producer = self._producer = self._producer or KafkaProducer(**self._options)
            for each in dead:
                record = each.incoming
                producer.send(
                    DEAD_LETTERS, value=record.value, key=record.key, headers=_headers(each)
                )
            producer.flush(timeout=10)
        except KafkaError as error:
            log.warning("%d dead letters not sent on (%s)", len(dead), type(error).__name__)

    def close(self) -> None:
        if self._producer is not None:
            self._producer.close(timeout=5)


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
