"""Airflow's REST API, as far as waking a DAG needs it."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field

from aftercare.settings import Settings

SECONDS = 10
"""How long an answer may take."""


@dataclass
class Door:
    """Knocks at one Airflow; the token is fetched when it is missing or has run out."""

    url: str
    username: str
    password: str = field(repr=False)
    token: str = field(default="", repr=False)

    @classmethod
    def of(cls, settings: Settings) -> "Door":
        url = settings.airflow_url.rstrip("/")
        return cls(url, settings.airflow_username, settings.airflow_password)

    def knock(self, dag: str, run: str) -> bool:
        """`POST /api/v2/dags/{dag}/dagRuns`; False when a run of this id was there before (409).

        Raises OSError (HTTPError included), ValueError or KeyError when Airflow is not well.
        """
        body = {"dag_run_id": run, "logical_date": None}
        for renewed in (False, True):
            try:
                self._post(f"/api/v2/dags/{dag}/dagRuns", body)
                return True
            except urllib.error.HTTPError as error:
                if error.code == 409:
                    return False
                if error.code != 401 or renewed:
                    raise
            login = {"username": self.username, "password": self.password}
            self.token = str(self._post("/auth/token", login)["access_token"])
        return False

    def _post(self, path: str, body: Mapping[str, object]) -> dict[str, object]:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        data = json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, headers=headers)  # noqa: S310
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            found: dict[str, object] = json.load(answer)
            return found
