"""How every Kafka client of ours connects: the same options for consumers, producers and admins."""

import socket
from typing import Any

from aftercare.errors import StreamError
from aftercare.settings import Settings

PATIENCE_MS = 10_000
"""How long a broker may take to answer a command before it counts as away."""


def connection_options(settings: Settings) -> dict[str, Any]:
    """Keyword arguments for any kafka-python client: servers, and TLS and SCRAM when they are set."""
    servers = [server.strip() for server in settings.kafka.split(",") if server.strip()]
    options: dict[str, Any] = {"bootstrap_servers": servers}
    if settings.kafka_username:
        options |= {
            "security_protocol": "SASL_SSL" if settings.kafka_tls else "SASL_PLAINTEXT",
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": settings.kafka_username,
            "sasl_plain_password": settings.kafka_password,
        }
    elif settings.kafka_tls:
        options["security_protocol"] = "SSL"
    return options


def kafka_away(options: dict[str, Any], error: Exception) -> StreamError:
    """A broker that does not answer, in words."""
    servers = options["bootstrap_servers"]
    mend = "start it (`aftercare up`), or set AFTERCARE_KAFKA to where it is"
    if any(_listens(server) for server in servers):
        # A broker that refuses a password closes the connection and does not say why.
        mend = (
            "something listens there: check AFTERCARE_KAFKA_USERNAME, AFTERCARE_KAFKA_PASSWORD and "
            "AFTERCARE_KAFKA_TLS, or wait until it has started"
        )
    told = ", ".join(servers)
    return StreamError(f"Kafka does not answer at {told} ({type(error).__name__}); {mend}")


def _listens(server: str) -> bool:
    host, _, port = server.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=1):
            return True
    except (OSError, ValueError):
        return False
