"""What all DAGs share: when they sweep, how they retry, how many run at once."""

from datetime import UTC, datetime, timedelta
from typing import Any

from aftercare import settings

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)

RETRIES: dict[str, Any] = {
    "owner": "aftercare",
    "retries": 3,
    "retry_delay": timedelta(seconds=10),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=10),
}


def options(doc: str | None, tag: str, *, every: int = 1) -> dict[str, Any]:
    """Keyword arguments of every DAG. `doc` is the module docstring: the runbook, shown in the UI.
    It sweeps at every `every`-th sweep.

    One run at a time: a second one would find the first one's triggers claimed and do nothing.
    """
    return {
        "schedule": timedelta(seconds=settings.load().sweep * every),
        "start_date": BEGINNING,
        "catchup": False,
        "max_active_runs": 1,
        "default_args": RETRIES,
        "doc_md": doc,
        "tags": ["aftercare", tag],
    }
