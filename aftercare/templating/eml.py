"""A mail as an RFC 5322 message."""

from datetime import datetime
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from aftercare.errors import PermanentSendError
from aftercare.message import Address, Mail


def to_eml(mail: Mail, date: datetime) -> bytes:
    """multipart/alternative with text and HTML. `date` is aware.

    Raises PermanentSendError when an address cannot stand in a header.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = _header(mail.sender)
    message["To"] = _header(mail.to)
    message["Reply-To"] = _header(mail.reply_to)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(date)
    message["Message-ID"] = f"<{mail.follow_up_id}@{mail.sender.email.rpartition('@')[2]}>"
    message["Content-Language"] = mail.language
    message["X-Aftercare-Follow-Up"] = mail.follow_up_id
    if mail.kind in ("check_in", "small_extra"):
        message["List-Unsubscribe"] = f"<mailto:{mail.reply_to.email}?subject=unsubscribe>"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    # Drawn at random otherwise: the same mail shall be the same bytes.
    message.set_boundary(f"aftercare-{mail.follow_up_id}")
    return message.as_bytes()


def _header(address: Address) -> HeaderAddress:
    try:
        return HeaderAddress(display_name=address.name, addr_spec=address.email)
    except (ValueError, IndexError, UnicodeError) as error:
        # The parser's own words would repeat the address.
        raise PermanentSendError("an address cannot stand in a mail header") from error
