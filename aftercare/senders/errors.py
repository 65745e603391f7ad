"""What a refusal means for the other mails, and words that carry nobody's address."""

import re

from aftercare.errors import TemporarySendError

_ADDRESS = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+")
_LONGEST = 200


class StopSending(TemporarySendError):
    """The provider refuses us, not this mail: a wrong key, an unverified sender, a wrong address
    of the server. No mail is at fault, so none may be marked as failed; a person has to mend it."""


def redact(words: str | bytes) -> str:
    """A provider's words, fit for logs and the trace: one short line without mail addresses."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    line = " ".join(_ADDRESS.sub("[address]", text).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
