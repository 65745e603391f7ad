"""The pool that limits how many tasks talk to the mail provider at once."""

import json
import urllib.error
import urllib.request

from aftercare.stack.errors import StackError

POOL = "sendgrid"
POOL_SLOTS = 4


def make_pool(base_url: str, token: str, name: str, slots: int) -> None:
    """Create an Airflow pool; nothing when it is there already. Raises StackError."""
    request = urllib.request.Request(  # noqa: S310 - our own Airflow
        f"{base_url}/api/v2/pools",
        data=json.dumps({"name": name, "slots": slots}).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )
    try:
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310
    except urllib.error.HTTPError as error:
        if error.code != 409:
            raise StackError(f"Airflow refused the pool {name!r}: {error.code}") from error
    except OSError as error:
        raise StackError(f"Airflow does not answer at {base_url}: {error}") from error
