"""Signing a webhook as Standard Webhooks does (https://www.standardwebhooks.com), so that whoever
gets it can tell that it is ours, whole and recent, with a library of their own language."""

import base64
import hashlib
import hmac

PREFIX = "whsec_"
FEWEST, MOST = 24, 64
"""Bytes of the key, as the standard wants them."""


def key(secret: str) -> bytes:
    """The key's bytes from `whsec_…`, base64; the prefix may be missing. Raises ValueError."""
    found = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    if not FEWEST <= len(found) <= MOST:
        raise ValueError(f"the key has {len(found)} bytes")
    return found


def signed(secret: str, identity: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers that go with a body. timestamp: epoch seconds of the machine's own clock, because
    the receiver compares it with theirs."""
    content = b".".join((identity.encode(), str(timestamp).encode(), body))
    digest = hmac.new(key(secret), content, hashlib.sha256).digest()
    return {
        "webhook-id": identity,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
