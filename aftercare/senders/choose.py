"""Which sender the settings ask for. Each is imported only when it is chosen."""

import difflib
from collections.abc import Callable
from urllib.parse import urlsplit

from aftercare.clock import Clock
from aftercare.errors import SettingsError
from aftercare.message import Sender
from aftercare.settings import Settings


def make_sender(settings: Settings, clock: Clock) -> Sender:
    """The sender that `AFTERCARE_SENDER` names; it connects when the first mail is sent.

    clock: the care clock, for the Date of a mail. Raises SettingsError for an unknown name and for
    a setting that the chosen sender cannot do without.
    """
    make = SENDERS.get(settings.sender)
    if make is None:
        nearest = difflib.get_close_matches(settings.sender, SENDERS, n=1)
        guess = f"; did you mean {nearest[0]}?" if nearest else ""
        raise SettingsError(
            f"AFTERCARE_SENDER is {settings.sender!r}; choose one of {', '.join(SENDERS)}{guess}"
        )
    return make(settings, clock)


def _outbox(settings: Settings, clock: Clock) -> Sender:
    from aftercare.senders.outbox import OutboxSender

    return OutboxSender(settings.outbox_dir, clock)


def _smtp(settings: Settings, clock: Clock) -> Sender:
    from aftercare.senders.smtp import SmtpSender, SmtpServer

    if settings.smtp_password and not settings.smtp_username:
        raise SettingsError("AFTERCARE_SMTP_PASSWORD is set; set AFTERCARE_SMTP_USERNAME as well")
    server = SmtpServer(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_username,
        settings.smtp_password,
        settings.smtp_tls,
    )
    return SmtpSender(server, clock)


def _sendgrid(settings: Settings, clock: Clock) -> Sender:
    from aftercare.senders.sendgrid import SendGridSender

    key, url = settings.sendgrid_api_key.strip(), settings.sendgrid_url.rstrip("/")
    if not key:
        raise SettingsError(
            "AFTERCARE_SENDER is sendgrid and AFTERCARE_SENDGRID_API_KEY is empty; make a key with "
            "the right Mail Send in SendGrid's settings and set it, or choose the sender outbox"
        )
    if not key.isascii() or len(key.split()) > 1:
        raise SettingsError("AFTERCARE_SENDGRID_API_KEY holds spaces or odd letters; copy it again")
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise SettingsError(f"AFTERCARE_SENDGRID_URL is {url!r}; write https://… without a path")
    return SendGridSender(key, url, sandbox=settings.sendgrid_sandbox)


SENDERS: dict[str, Callable[[Settings, Clock], Sender]] = {
    "outbox": _outbox,
    "smtp": _smtp,
    "sendgrid": _sendgrid,
}
