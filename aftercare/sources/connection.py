"""How every Kafka client of ours connects: the same options for consumers, producers and admins."""

from typing import Any

from aftercare.errors import StreamError
from aftercare.settings import Settings


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
    servers = ", ".join(options["bootstrap_servers"])
    return StreamError(
        f"Kafka does not answer at {servers} ({type(error).__name__}); start it "
        "(`aftercare up`), or set AFTERCARE_KAFKA to where it is"
    )
