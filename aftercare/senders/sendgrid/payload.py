"""A mail as SendGrid wants it: the body of POST /v3/mail/send."""

from typing import Any

from sendgrid.helpers import mail as parts

from aftercare.message import Address, Mail


def payload(mail: Mail, *, sandbox: bool) -> dict[str, Any]:
    """One message to one person. `custom_args` come back in every delivery event: they are how an
    unknown send is settled. sandbox: SendGrid checks the request and delivers nothing."""
    message = parts.Mail(
        from_email=_address(parts.From, mail.sender),
        to_emails=_address(parts.To, mail.to),
        subject=mail.subject,
        plain_text_content=mail.text,
        html_content=mail.html,
    )
    message.reply_to = _address(parts.ReplyTo, mail.reply_to)
    for key in ("follow_up_id", "kind", "rule"):
        message.add_custom_arg(parts.CustomArg(key, getattr(mail, key)))
    for name in dict.fromkeys((mail.kind, mail.rule)):
        message.add_category(parts.Category(name))
    message.add_header(parts.Header("X-Aftercare-Follow-Up", mail.follow_up_id))
    if sandbox:
        message.mail_settings = parts.MailSettings(sandbox_mode=parts.SandBoxMode(True))
    body: dict[str, Any] = message.get()
    return body


def _address(kind: Any, address: Address) -> Any:
    return kind(address.email, address.name or None)
