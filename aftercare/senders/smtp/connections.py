"""Connections to one SMTP server, kept open between mails and shared by threads."""

import contextlib
import smtplib
import ssl
import threading
import time
from dataclasses import dataclass, field

from aftercare.errors import TemporarySendError
from aftercare.senders.errors import StopSending, redact

_FRESH = 5.0
"""Machine seconds for which an idle connection is trusted without asking."""


@dataclass(frozen=True)
class SmtpServer:
    """Where and how to connect. `timeout` is in machine seconds, for each answer."""

    host: str
    port: int
    username: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False
    timeout: float = 30.0
    context: ssl.SSLContext | None = None


class Connections:
    """A pool: `take` one, use it alone, then `give_back` it or close it."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._idle: list[tuple[smtplib.SMTP, float]] = []
        self._lock = threading.Lock()

    def take(self) -> smtplib.SMTP | None:
        """An idle connection that still lives, or None."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection, since = self._idle.pop()
            if time.monotonic() - since < _FRESH or _lives(connection):
                return connection
            connection.close()

    def give_back(self, connection: smtplib.SMTP) -> None:
        """Keep a connection whose last transaction is over."""
        with self._lock:
            self._idle.append((connection, time.monotonic()))

    def close(self) -> None:
        """Say goodbye on every idle connection."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection, _ in idle:
            with contextlib.suppress(OSError):
                connection.quit()
            connection.close()

    def open(self) -> smtplib.SMTP:
        """A new connection, greeted, encrypted and logged in as the server's settings say.

        Raises StopSending when the server refuses us, TemporarySendError when it is away.
        """
        server = self._server
        try:
            connection = smtplib.SMTP(server.host, server.port, timeout=server.timeout)
        except OSError as error:  # smtplib's own exceptions are OSErrors too
            raise self._told(error) from None
        try:
            self._greet(connection)
        except OSError as error:
            connection.close()
            raise self._told(error) from None
        except ValueError:
            connection.close()
            raise StopSending(
                "the SMTP user name or password holds letters that no login takes"
            ) from None
        return connection

    def _greet(self, connection: smtplib.SMTP) -> None:
        server = self._server
        connection.ehlo_or_helo_if_needed()
        if server.tls:
            connection.starttls(context=server.context or ssl.create_default_context())
            connection.ehlo_or_helo_if_needed()
        if server.username:
            connection.login(server.username, server.password)

    def _told(self, error: OSError) -> TemporarySendError:
        where = f"SMTP server {self._server.host}:{self._server.port}"
        match error:
            case smtplib.SMTPAuthenticationError(smtp_code=code) if code >= 500:
                return StopSending(
                    f"{where} refuses our login ({code}); check AFTERCARE_SMTP_USERNAME and "
                    "AFTERCARE_SMTP_PASSWORD"
                )
            case smtplib.SMTPNotSupportedError():
                return StopSending(
                    f"{where} offers no {'STARTTLS or ' if self._server.tls else ''}login; check "
                    "AFTERCARE_SMTP_TLS, AFTERCARE_SMTP_USERNAME and the port"
                )
            case ssl.SSLError():
                return StopSending(f"{where}: no trusted TLS ({redact(error.reason or 'refused')})")
            case smtplib.SMTPResponseException(smtp_code=code, smtp_error=words):
                kind = StopSending if code >= 500 else TemporarySendError
                return kind(f"{where} does not take us: {code} {redact(words)}")
        return TemporarySendError(
            f"{where} cannot be reached or hung up ({type(error).__name__}); is it running, is "
            "AFTERCARE_SMTP_HOST right?"
        )


def _lives(connection: smtplib.SMTP) -> bool:
    try:
        return connection.noop()[0] == 250
    except OSError:
        return False
