"""Waking DAGs when triggers are born, in a thread of its own: a slow Airflow never slows consuming.

One run a DAG and time bucket, however many consumers knock. A run may have claimed before a later
birth of the same bucket was written, so such a birth is knocked for once more in the next bucket.
What no knock reaches, the DAGs' own sweeps find.
"""

import logging
import threading
import time
from collections.abc import Mapping
from typing import Protocol

from aftercare.settings import Settings
from consumers.knock import Door

log = logging.getLogger("consumers")

BUCKET = 5
"""Machine seconds."""

DAGS = {"apology": "apologies", "check_in": "check_ins", "small_extra": "small_extras"}


class Waker(Protocol):
    """Lets somebody know that triggers were born."""

    def wake(self, born: Mapping[str, int]) -> None:
        """Triggers were born, by kind; returns at once."""
        ...

    def close(self) -> None:
        """Knock for what is left, briefly, and end."""
        ...


class NoWaker:
    """Nobody to wake: the sweeps find everything."""

    def wake(self, born: Mapping[str, int]) -> None:
        return None

    def close(self) -> None:
        return None


def make_waker(settings: Settings) -> Waker:
    """A waker for the Airflow of the settings; none when no address is set."""
    return AirflowWaker(Door.of(settings)) if settings.airflow_url else NoWaker()


class AirflowWaker:
    """Collects wishes and knocks for them, at most once a bucket."""

    def __init__(self, door: Door, bucket: float = BUCKET) -> None:
        self._door, self._bucket = door, bucket
        self._wishes: set[str] = set()
        self._lock = threading.Lock()
        self._wished, self._closing, self._away = threading.Event(), threading.Event(), False
        self._thread = threading.Thread(target=self._work, daemon=True, name="waker")
        self._thread.start()

    def wake(self, born: Mapping[str, int]) -> None:
        dags = {DAGS[kind] for kind, number in born.items() if number and kind in DAGS}
        if dags:
            with self._lock:
                self._wishes |= dags
            self._wished.set()

    def close(self) -> None:
        self._closing.set()
        self._wished.set()
        self._thread.join(timeout=2)

    def _work(self) -> None:
        while True:
            self._wished.wait()
            self._wished.clear()
            number = int(time.time() // self._bucket)
            late = {dag for dag in self._taken() if not self._knock(dag, number)}
            if self._closing.wait((number + 1) * self._bucket - time.time()):
                break
            self._again(late)
        for dag in self._taken():
            self._knock(dag, int(time.time() // self._bucket))

    def _taken(self) -> list[str]:
        with self._lock:
            wishes, self._wishes = self._wishes, set()
        return sorted(wishes)

    def _again(self, late: set[str]) -> None:
        # Whoever answers for the next bucket began after these births; one knock is enough.
        number = int(time.time() // self._bucket)
        for dag in sorted(late):
            self._knock(dag, number)

    def _knock(self, dag: str, number: int) -> bool:
        """Whether a run of ours was made, or nobody can tell; False when there was one before."""
        try:
            made = self._door.knock(dag, f"wake__{int(number * self._bucket)}")
        except (OSError, ValueError, KeyError) as error:
            if not self._away:
                log.warning("Airflow cannot be woken (%s); sweeps go on", type(error).__name__)
            self._away = True
            return True
        self._away = False
        return made
