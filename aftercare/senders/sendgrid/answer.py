"""What SendGrid's answer says about one mail. Only 202 means accepted (200 in sandbox mode)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from aftercare.errors import PermanentSendError, SendError, TemporarySendError, UnknownSendError
from aftercare.senders.errors import StopSending, redact

ACCEPTED = (200, 202)
_LONGEST_PAUSE = 3600.0


@dataclass(frozen=True)
class Answer:
    """Status, headers (names in any case) and body of one answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str:
        """A header's value, empty when it is missing."""
        values = {key.lower(): value for key, value in self.headers.items()}
        return values.get(name.lower(), "")


def refusal(answer: Answer, now: float) -> SendError:
    """The error that an answer other than accepted stands for.

    now: machine time, epoch seconds, to reckon how long a rate limit lasts.

    - 400, 413: this very message is wrong; another try would be as wrong.
    - 429 and 503: turned away before handling; SendGrid says when to come back.
    - 500: the API's handler failed. Its own error list (ErrorResponse in its OpenAPI file) is its
      word that it did not accept; without that word somebody in between may be speaking about a
      request that the handler did accept, so nobody knows.
    - 502, 504 and any other 5xx: a gateway that lost sight of a handler which may have accepted.
    - everything else (401, 403, 404, 405, redirects, …): the key, the sender identity or the
      address of the API is wrong for every mail.
    """
    words = f"SendGrid answered {answer.status}{_reasons(answer)}"
    match answer.status:
        case 400 | 413:
            return PermanentSendError(words)
        case 429 | 503:
            return TemporarySendError(words, retry_after=pause(answer, now))
        case 500 if _reasons(answer):
            return TemporarySendError(words, retry_after=pause(answer, now))
        case status if status >= 500:
            return UnknownSendError(words)
        case 408:
            return TemporarySendError(words)
    return StopSending(
        f"{words}; check AFTERCARE_SENDGRID_API_KEY (it needs the right Mail Send), the verified "
        "sender and AFTERCARE_SENDGRID_URL"
    )


def pause(answer: Answer, now: float) -> float | None:
    """Machine seconds until SendGrid wants to be asked again: Retry-After (seconds or an HTTP
    date), else X-RateLimit-Reset (epoch seconds); None when it does not say."""
    seconds = _retry_after(answer.header("Retry-After"), now)
    if seconds is None:
        reset = _number(answer.header("X-RateLimit-Reset"))
        seconds = None if reset is None else reset - now
    return None if seconds is None else min(max(seconds, 1.0), _LONGEST_PAUSE)


def _retry_after(text: str, now: float) -> float | None:
    seconds = _number(text)
    if seconds is not None or not text:
        return seconds
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now


def _number(text: str) -> float | None:
    return float(text) if text.strip().isdecimal() else None


def _reasons(answer: Answer) -> str:
    """The error list in SendGrid's own shape, as `: field: message`; empty when there is none."""
    try:
        errors = json.loads(answer.body)["errors"]
        found = [f"{error.get('field') or ''}: {error['message']}" for error in errors]
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
    return f": {redact('; '.join(found).removeprefix(': '))}" if found else ""
