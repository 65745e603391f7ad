"""A mail ready to leave, and what a sender is."""

from typing import Protocol

import msgspec


class Address(msgspec.Struct, frozen=True):
    """A mail address and the name shown with it."""

    email: str
    name: str = ""


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """One composed message. `follow_up_id` (UUID text) goes with it everywhere: as the Message-ID's
    local part, an `X-Aftercare-Follow-Up` header, and SendGrid's `custom_args`."""

    follow_up_id: str
    kind: str
    rule: str
    language: str
    to: Address
    sender: Address
    reply_to: Address
    subject: str
    preheader: str
    html: str
    text: str


class Sender(Protocol):
    """Delivers mails. "Sent" means that the provider accepted the message."""

    name: str

    def send(self, mail: Mail) -> str:
        """Hand one mail over; safe to call from several threads. Returns the provider's message id.

        Raises TemporarySendError, PermanentSendError, or UnknownSendError when the request went out
        and no answer came back. Anything else that escapes is treated as unknown.
        """
        ...

    def close(self) -> None:
        """Close pooled connections."""
        ...
