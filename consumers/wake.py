"""Waking a DAG: one knock a time bucket, however many consumers knock.

`POST /api/v2/dags/{dag}/dagRuns` with a run id that names the bucket; a repeat answers 409, which is
fine. In a thread of its own, so that a slow Airflow never slows consuming; the DAGs sweep anyway.
"""

import json
import logging
import queue
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Protocol

from aftercare.settings import Settings

log = logging.getLogger("consumers")

BUCKET = 5
DAGS = {"apology": "apologies", "check_in": "check_ins", "small_extra": "small_extras"}


class Waker(Protocol):
    """Lets somebody know that triggers were born."""

    def wake(self, born: Mapping[str, int]) -> None: ...

    def close(self) -> None: ...


class NoWaker:
    """Nobody to wake: the sweeps find everything."""

    def wake(self, born: Mapping[str, int]) -> None:
        return None

    def close(self) -> None:
        return None


def make_waker(settings: Settings) -> Waker:
    """A waker for the Airflow of the settings; none when no address is set."""
    return AirflowWaker(settings) if settings.airflow_url else NoWaker()


class AirflowWaker:
    """Knocks at Airflow's REST API."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.airflow_url.rstrip("/")
        self._login = {
            "username": settings.airflow_username,
            "password": settings.airflow_password,
        }
        self._token = ""
        self._away = False
        self._knocks: queue.Queue[tuple[str, str] | None] = queue.Queue(maxsize=100)
        self._last: dict[str, str] = {}
        threading.Thread(target=self._work, daemon=True, name="waker").start()

    def wake(self, born: Mapping[str, int]) -> None:
        """Knock for every kind that triggers were born of, once a bucket."""
        run = f"wake__{int(time.time()) // BUCKET * BUCKET}"
        for kind in born:
            if self._last.get(kind) != run and not self._knocks.full():
                self._last[kind] = run
                self._knocks.put_nowait((DAGS[kind], run))

    def close(self) -> None:
        if not self._knocks.full():
            self._knocks.put_nowait(None)

    def _work(self) -> None:
        while (knock := self._knocks.get()) is not None:
            try:
                self._knock(*knock)
                self._away = False
            except (OSError, ValueError, KeyError) as error:
                if not self._away:
                    log.warning("Airflow cannot be woken (%s); sweeps go on", type(error).__name__)
                self._away = True

    def _knock(self, dag: str, run: str) -> None:
        for _ in range(2):
            try:
                self._post(f"/api/v2/dags/{dag}/dagRuns", {"dag_run_id": run, "logical_date": None})
                return
            except urllib.error.HTTPError as error:
                if error.code == 409:
                    return
                if error.code != 401:
                    raise
                self._token = str(self._post("/auth/token", self._login)["access_token"])

    def _post(self, path: str, body: Mapping[str, object]) -> dict[str, object]:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"}
        data = json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data=data, headers=headers)  # noqa: S310
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            found: dict[str, object] = json.load(answer)
            return found
