"""A mail as SendGrid wants it: the body of POST /v3/mail/send."""

from datetime import datetime
from typing import Any

from sendgrid.helpers import mail as parts

from aftercare.message import Address, Mail
from aftercare.senders.writing import as_message, headers_of

_CARRIED = ("X-Aftercare-Follow-Up", "List-Unsubscribe", "Content-Language")
"""Headers of the message that SendGrid would not write by itself."""


def payload(mail: Mail, at: datetime, *, sandbox: bool) -> dict[str, Any]:
    """One message to one person. `custom_args` come back in every delivery event: they are how an
    unknown send is settled. They stand in the personalization, where SendGrid's OpenAPI file calls
    them an object (at the top it calls them a string).

    at: aware; sandbox: SendGrid checks the request and delivers nothing. Raises PermanentSendError
    when the mail cannot be written as a message.
    """
    message = parts.Mail(
        from_email=_address(parts.From, mail.sender),
        to_emails=_address(parts.To, mail.to),
        subject=mail.subject,
        plain_text_content=mail.text,
        html_content=mail.html,
    )
    message.reply_to = _address(parts.ReplyTo, mail.reply_to)
    for key in ("follow_up_id", "kind", "rule"):
        message.add_custom_arg(parts.CustomArg(key, getattr(mail, key), p=0))
    for name in dict.fromkeys((mail.kind, mail.rule)):
        message.add_category(parts.Category(name))
    for name, value in headers_of(as_message(mail, at), *_CARRIED).items():
        message.add_header(parts.Header(name, value))
    if sandbox:
        message.mail_settings = parts.MailSettings(sandbox_mode=parts.SandBoxMode(True))
    body: dict[str, Any] = message.get()
    return body


def _address(kind: Any, address: Address) -> Any:
    return kind(address.email, address.name or None)
