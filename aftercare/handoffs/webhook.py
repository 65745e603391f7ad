"""Posting a hand-off to the address that `AFTERCARE_HANDOFF_WEBHOOK` names."""

from dataclasses import dataclass

import msgspec
import urllib3
from sqlalchemy import RowMapping

from aftercare.errors import TemporarySendError
from aftercare.handoffs.signature import signed

FIELDS = (
    *("handoff_id", "trigger_id", "customer_id", "team", "reason", "story", "draft"),
    *("opened_at", "due_at"),
)
"""What the body holds; times are RFC 3339."""


@dataclass(frozen=True)
class Webhook:
    """An address, the secret that signs what goes there (empty: unsigned), and how many machine
    seconds it may take to answer."""

    address: str
    secret: str = ""
    patience: float = 10.0

    def post(self, row: RowMapping, timestamp: int) -> None:
        """Post one hand-off; its id is the idempotency key, so that the receiver sees a repetition.

        Any answer below 300 accepts it. Raises TemporarySendError in words without the address,
        whose path may be a secret.
        """
        body = msgspec.json.encode({name: row[name] for name in FIELDS})
        status = self._ask(body, self._headers(row["handoff_id"], timestamp, body))
        if 300 <= status < 400:
            raise TemporarySendError(
                f"the webhook answered {status}: redirects are not followed; set "
                "AFTERCARE_HANDOFF_WEBHOOK to the address that it points to"
            )
        if status >= 400:
            raise TemporarySendError(f"the webhook answered {status}")

    def _headers(self, identity: str, timestamp: int, body: bytes) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Idempotency-Key": identity}
        return headers | (signed(self.secret, identity, timestamp, body) if self.secret else {})

    def _ask(self, body: bytes, headers: dict[str, str]) -> int:
        try:
            # Only the status counts: a body that never ends must not hold us.
            answer = urllib3.request(
                "POST",
                self.address,
                body=body,
                headers=headers,
                timeout=self.patience,
                retries=False,
                redirect=False,
                preload_content=False,
            )
        except urllib3.exceptions.HTTPError as error:
            raise TemporarySendError(_why(error, self.patience)) from None
        answer.close()
        return answer.status


def _why(error: urllib3.exceptions.HTTPError, patience: float) -> str:
    # Their own words quote the address.
    if isinstance(error, urllib3.exceptions.NameResolutionError):
        return "the webhook's host is not known"
    if isinstance(error, urllib3.exceptions.NewConnectionError):
        return "the webhook refuses connections"
    if isinstance(error, urllib3.exceptions.TimeoutError):
        return f"the webhook did not answer within {patience:g} s"
    if isinstance(error, urllib3.exceptions.SSLError):
        return "the webhook's certificate cannot be trusted"
    return f"the webhook broke off ({type(error).__name__})"
