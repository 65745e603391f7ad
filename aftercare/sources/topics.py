"""The topics Aftercare reads and writes, made when they are missing."""

from collections.abc import Mapping
from typing import Any

from aftercare.errors import StreamError
from aftercare.events.types import DEAD_LETTERS, DELIVERIES, TOPICS
from aftercare.sources.connection import PATIENCE_MS, kafka_away

ALL = (*TOPICS, DELIVERIES, DEAD_LETTERS)
"""orders, complaints, support, deliveries, aftercare.dead-letters."""

_ALREADY_EXISTS = 36


def ensure_topics(
    bootstrap: str,
    partitions: int,
    replication: int,
    options: Mapping[str, Any] | None = None,
) -> list[str]:
    """Make the topics that are missing; returns their names. Existing ones are left as they are.

    bootstrap: comma-separated servers. options: further client options, e.g. those of
    `connection_options`. Safe when several processes call it at once. Raises StreamError.
    """
    from kafka.admin import KafkaAdminClient
    from kafka.errors import KafkaError

    servers = [server.strip() for server in bootstrap.split(",") if server.strip()]
    given = {"bootstrap_servers": servers, "bootstrap_timeout_ms": PATIENCE_MS, **(options or {})}
    try:
        admin = KafkaAdminClient(**given)
        try:
            return _make_missing(admin, partitions, replication)
        finally:
            admin.close()
    except KafkaError as error:
        raise kafka_away(given, error) from error


def _make_missing(admin: Any, partitions: int, replication: int) -> list[str]:
    there = set(admin.list_topics())
    missing = [topic for topic in ALL if topic not in there]
    if not missing:
        return []
    shape = {"num_partitions": partitions, "replication_factor": replication}
    answer = admin.create_topics(dict.fromkeys(missing, shape), raise_errors=False)
    for topic in answer["topics"]:
        _refuse_failure(topic)
    admin.wait_for_topics(missing)
    return missing


def _refuse_failure(topic: dict[str, Any]) -> None:
    # Somebody else may have made it meanwhile, which is just as well.
    if topic["error_code"] not in (0, _ALREADY_EXISTS):
        words = topic.get("error_message") or f"error {topic['error_code']}"
        raise StreamError(f"topic {topic['name']} cannot be made: {words}")
