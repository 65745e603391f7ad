"""Sending dead letters to their topic again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self

from sqlalchemy import RowMapping

from aftercare.intake.revival import headers
from aftercare.settings import Settings
from aftercare.sources.connection import PATIENCE_MS, connection_options, kafka_away

_LARGEST = 2**30
"""Bytes. Kafka had them once; whether it takes them again is the broker's affair, not the client's."""

_LONGEST = 30.0
"""Machine seconds that the broker may take for one."""


class Resender:
    """A producer that connects when there is something to send; use it as a context manager.
    `since`: consent to tell what is too late (`aftercare revive`)."""

    def __init__(self, settings: Settings, since: datetime | None = None) -> None:
        self._options = connection_options(settings)
        self._headers = headers(since)
        self._producer: Any = None

    def send(self, rows: Sequence[RowMapping]) -> dict[str, str]:
        """Send rows of `dead_letters`; returns why some were not taken, by id. When it returns,
        Kafka has all the others. Raises StreamError when Kafka is away."""
        from kafka.errors import KafkaError, MessageSizeTooLargeError

        refused: dict[str, str] = {}
        try:
            sent = {r["dead_letter_id"]: self._begin(r, refused) for r in rows}
            for identity, future in sent.items():
                try:
                    if future is not None:
                        future.get(timeout=_LONGEST)
                except MessageSizeTooLargeError:
                    refused[identity] = "the broker does not take it: larger than its topic allows"
        except KafkaError as error:
            raise kafka_away(self._options, error) from error
        return refused

    def _begin(self, row: RowMapping, refused: dict[str, str]) -> Any:
        from kafka import KafkaProducer

        if row["key"] is None and row["value"] is None:
            refused[row["dead_letter_id"]] = "it has neither key nor value: nothing can come of it"
            return None
        self._producer = self._producer or KafkaProducer(
            **self._options, bootstrap_timeout_ms=PATIENCE_MS, max_request_size=_LARGEST
        )
        return self._producer.send(
            row["topic"], value=row["value"], key=row["key"], headers=self._headers
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._producer is not None:
            self._producer.close(timeout=_LONGEST)
