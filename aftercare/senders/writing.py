"""A mail as the message that leaves, for every sender alike."""

from datetime import datetime
from email import policy
from email.parser import BytesHeaderParser

from aftercare.errors import PermanentSendError
from aftercare.message import Mail
from aftercare.templating.eml import to_eml


def as_message(mail: Mail, at: datetime) -> bytes:
    """RFC 5322 bytes, dated `at` (aware). Raises PermanentSendError when the mail cannot be
    written as one: nothing was sent, and writing it again would fail again."""
    try:
        return to_eml(mail, at)
    except PermanentSendError:
        raise
    except Exception as error:
        # The parser's own words could repeat an address or a name.
        raise PermanentSendError(f"no mail can be written: {type(error).__name__}") from None


def headers_of(message: bytes, *names: str) -> dict[str, str]:
    """Those of the named headers that a message has, unfolded."""
    found = BytesHeaderParser(policy=policy.default).parsebytes(message)
    return {name: str(found[name]).strip() for name in names if found[name] is not None}
