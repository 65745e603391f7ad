"""A broker or a store that is away is waited for, and told of once an outage."""

import logging
import random
import threading
import time

from kafka import errors as kafka

from aftercare.errors import AftercareError, StoreError, StreamError
from aftercare.settings import Settings
from aftercare.sources.connection import connection_options, kafka_away

log = logging.getLogger("consumers")

SHORTEST, LONGEST = 0.5, 30.0
"""Machine seconds between two attempts: doubling from one to the other, with jitter."""

STEADY = 10.0
"""Machine seconds after which a session that still stands ends the outage."""

NEEDS_A_HAND = (
    kafka.SaslAuthenticationFailedError,
    kafka.UnsupportedSaslMechanismError,
    kafka.AuthorizationError,
    kafka.InvalidSessionTimeoutError,
    kafka.IncompatibleBrokerVersion,
)
"""Kafka's refusals that no waiting mends."""


def passing(error: Exception) -> bool:
    """Whether what is wrong may be well again by itself."""
    if isinstance(error, StoreError):
        return error.passing
    cause = _cause(error)
    return isinstance(cause, (kafka.KafkaError, OSError)) and not isinstance(cause, NEEDS_A_HAND)


def in_words(error: Exception, settings: Settings) -> AftercareError:
    """The error as one whose words are fit for a user."""
    if isinstance(_cause(error), NEEDS_A_HAND):
        name = type(_cause(error)).__name__
        return StreamError(
            f"Kafka refuses us ({name}); check AFTERCARE_KAFKA_USERNAME, AFTERCARE_KAFKA_PASSWORD, "
            "AFTERCARE_SESSION_TIMEOUT_MS and the rights of this user"
        )
    if isinstance(error, AftercareError):
        return error
    return kafka_away(connection_options(settings), error)


def _cause(error: Exception) -> BaseException:
    return error.__cause__ or error if isinstance(error, StreamError) else error


class Outage:
    """Counts the attempts of one outage and waits between them."""

    def __init__(self, settings: Settings, stopping: threading.Event) -> None:
        self._settings, self._stopping = settings, stopping
        self._pause, self._began = 0.0, 0.0

    def wait(self, error: Exception) -> None:
        """Tell of the first failure of an outage, then wait, longer each time."""
        level = logging.DEBUG if self._pause else logging.WARNING
        log.log(level, "%s; trying again until it is well", in_words(error, self._settings))
        self._pause = min(max(self._pause * 2, SHORTEST), LONGEST)
        self._stopping.wait(self._pause * random.uniform(0.7, 1.3))  # noqa: S311 - jitter

    def attempt(self) -> None:
        """A session begins."""
        self._began = time.monotonic()

    def well(self) -> None:
        """Work got through: the outage, if there was one, is over."""
        if self._pause:
            log.info("well again")
        self._pause = 0.0

    def standing(self) -> None:
        """The session still stands; after a while that counts as being well."""
        if time.monotonic() - self._began >= STEADY:
            self.well()
