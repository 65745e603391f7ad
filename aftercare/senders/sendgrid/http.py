"""SendGrid's own client over connections that stay open.

The SDK opens a connection for every message; its `Client._make_request` is the seam it offers, and
a urllib3 pool goes there. Nothing here tries again: SendGrid has no idempotency key, so a second
request may be a second mail.
"""

import logging
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import urllib3
from python_http_client import Client
from sendgrid import SendGridAPIClient
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from aftercare.errors import TemporarySendError

CONNECT, READ = 5.0, 30.0
"""Machine seconds: to reach SendGrid, and to wait for its answer; far below a claim's lease."""

_SIZE = 32


class _PayloadFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        # The SDK writes whole payloads and the Authorization header at DEBUG.
        return record.levelno > logging.DEBUG


logging.getLogger("python_http_client.client").addFilter(_PayloadFilter())


def _connect_or_say_so(connection: Any, connect: Any) -> None:
    # Name, TCP and TLS all happen in connect(), before a byte of the request is written. What
    # fails here was surely not accepted; what fails later may have been.
    try:
        connect()
    except Exception as error:
        connection.close()
        raise TemporarySendError(
            f"SendGrid at {connection.host} cannot be reached ({type(error).__name__}); check the "
            "network and AFTERCARE_SENDGRID_URL"
        ) from None


class _Connection(HTTPConnection):
    def connect(self) -> None:
        _connect_or_say_so(self, super().connect)


class _TlsConnection(HTTPSConnection):
    def connect(self) -> None:
        _connect_or_say_so(self, super().connect)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


def make_pool(url: str, *, connect: float = CONNECT, read: float = READ) -> urllib3.PoolManager:
    """A pool for `url`; through the proxy that the environment names for it, as the SDK does."""
    scheme, host = urlsplit(url).scheme, urlsplit(url).hostname or ""
    proxy = None if urllib.request.proxy_bypass(host) else urllib.request.getproxies().get(scheme)
    timeout = urllib3.Timeout(connect=connect, read=read)
    pool = (
        urllib3.ProxyManager(proxy, maxsize=_SIZE, timeout=timeout)
        if proxy
        else urllib3.PoolManager(maxsize=_SIZE, timeout=timeout)
    )
    pool.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
    return pool


@dataclass(frozen=True)
class _Answer:
    """What the SDK expects of a response."""

    response: urllib3.BaseHTTPResponse

    def getcode(self) -> int:
        return self.response.status

    def read(self) -> bytes:
        return self.response.data

    def info(self) -> urllib3.HTTPHeaderDict:
        return self.response.headers


class _PooledClient(Client):  # type: ignore[misc]  # the SDK has no types
    def __init__(self, *args: Any, pool: urllib3.PoolManager, **named: Any) -> None:
        super().__init__(*args, **named)
        self.pool = pool

    def _build_client(self, name: str | None = None) -> "_PooledClient":
        return _PooledClient(
            host=self.host,
            version=self._version,
            request_headers=self.request_headers,
            url_path=[*self._url_path, name] if name else self._url_path,
            append_slash=self.append_slash,
            timeout=self.timeout,
            pool=self.pool,
        )

    def _make_request(self, opener: object, request: Any, timeout: float | None = None) -> _Answer:
        # Any status is an answer here; answer.py says what each means. Never retried, never
        # redirected: see the module's words.
        response = self.pool.request(
            request.get_method(),
            request.get_full_url(),
            body=request.data,
            headers=dict(request.header_items()),
            retries=False,
            redirect=False,
        )
        return _Answer(response)


def pooled_api(key: str, url: str, pool: urllib3.PoolManager) -> SendGridAPIClient:
    """SendGrid's client with `pool` under it."""
    api = SendGridAPIClient(key, host=url)
    headers = api.client.request_headers
    api.client = _PooledClient(host=url, request_headers=headers, version=3, pool=pool)
    return api
