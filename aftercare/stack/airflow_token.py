"""A bearer token for Airflow's public API."""

import json
import urllib.error
import urllib.request

from aftercare.stack.errors import StackError


def token(base_url: str, user: str, password: str) -> str:
    """Log in at `POST /auth/token` and return the JWT. Raises StackError, without the password."""
    request = urllib.request.Request(  # noqa: S310 - the operator's own Airflow
        f"{base_url.rstrip('/')}/auth/token",
        data=json.dumps({"username": user, "password": password}).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return str(json.load(answer)["access_token"])
    except urllib.error.HTTPError as error:
        raise StackError(f"Airflow refused user {user!r}: {error.code} {error.reason}") from error
    except OSError as error:
        raise StackError(f"Airflow does not answer at {base_url}: {error}") from error
