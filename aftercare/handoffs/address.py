"""Whether a webhook can be posted to and signed, told when settings are read and not at 3 a.m."""

from urllib.parse import urlsplit

from aftercare.errors import SettingsError
from aftercare.handoffs.signature import FEWEST, MOST, PREFIX, key


def check_webhook(address: str, secret: str) -> None:
    """Raises SettingsError with the mend; never quotes an address or secret, which open doors."""
    if address and not _can_be_posted_to(address):
        raise SettingsError(
            "AFTERCARE_HANDOFF_WEBHOOK is no http:// or https:// address; write it as "
            "https://desk.example/hooks/aftercare, or leave it empty to send mails"
        )
    if secret and not _can_sign(secret):
        raise SettingsError(
            f"AFTERCARE_HANDOFF_WEBHOOK_SECRET is not {PREFIX} and base64 of {FEWEST} to {MOST} "
            f'bytes; make one with: echo "{PREFIX}$(openssl rand -base64 32)"'
        )
    if secret and not address:
        raise SettingsError(
            "AFTERCARE_HANDOFF_WEBHOOK_SECRET is set without AFTERCARE_HANDOFF_WEBHOOK; set the "
            "address too, or leave both empty to send mails"
        )


def _can_be_posted_to(address: str) -> bool:
    try:
        parts = urlsplit(address)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return named and parts.scheme in ("http", "https") and not set(address) & set(" \t\r\n")


def _can_sign(secret: str) -> bool:
    try:
        key(secret)
    except ValueError:
        return False
    return True
