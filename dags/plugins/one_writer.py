"""On SQLite, Airflow's API writes one request at a time.

The audit log commits synchronously on the event loop while another request's transaction waits on
that same loop: from a few writing calls a second SQLite answers "database is locked", and the
scheduler dies of it. One lock around writing requests removes that. PostgreSQL does not need it.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from airflow.configuration import conf
from airflow.plugins_manager import AirflowPlugin

Scope = MutableMapping[str, Any]
Messages = Callable[..., Awaitable[Any]]
App = Callable[[Scope, Messages, Messages], Awaitable[None]]

READING = {"GET", "HEAD", "OPTIONS"}


class OneWriter:
    """ASGI middleware: requests that may write pass one after the other."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._lock = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Messages, send: Messages) -> None:
        if scope["type"] != "http" or scope["method"] in READING:
            await self._app(scope, receive, send)
            return
        async with self._lock:
            await self._app(scope, receive, send)


def _middlewares() -> list[dict[str, Any]]:
    if not conf.get("database", "sql_alchemy_conn").startswith("sqlite"):
        return []
    return [{"name": "one writer", "middleware": OneWriter, "args": [], "kwargs": {}}]


class OneWriterPlugin(AirflowPlugin):
    """Registers the middleware on Airflow's root application."""

    name = "aftercare_one_writer"
    fastapi_root_middlewares = _middlewares()
