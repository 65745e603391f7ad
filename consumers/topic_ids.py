"""A topic that was deleted and made again has the same name and another id."""

from collections.abc import Collection
from typing import Any

from kafka.admin import KafkaAdminClient

BOOTSTRAP_MS = 5_000


def topic_ids(options: dict[str, Any], topics: Collection[str]) -> dict[str, str]:
    """The id of each topic that the broker has one for (Kafka 2.8 and later). Raises KafkaError."""
    admin = KafkaAdminClient(**options, bootstrap_timeout_ms=BOOTSTRAP_MS)
    try:
        told = admin.describe_topics(sorted(topics))
        return {t["name"]: str(t["topic_id"]) for t in told if not t["error_code"]}
    finally:
        admin.close()
