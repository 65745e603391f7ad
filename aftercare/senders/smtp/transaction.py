"""One mail over one connection, told apart by what an unhappy end means.

The server takes responsibility when it answers the final dot (RFC 5321, 4.2.5 and 6.1). So the
body is written first and the dot by itself: whatever fails before the dot was surely not accepted,
whatever is lost after it may have been.
"""

import contextlib
import re
import smtplib

from aftercare.errors import PermanentSendError, SendError, TemporarySendError, UnknownSendError
from aftercare.message import Mail
from aftercare.senders.errors import StopSending, redact

_LINE_END = re.compile(rb"\r\n|\r|\n")


class Dropped(TemporarySendError):
    """The connection was lost before the final dot: surely not accepted."""


def deliver(connection: smtplib.SMTP, mail: Mail, message: bytes) -> None:
    """Hand over one message. After a refusal the connection is reset and may be used again; after
    Dropped and UnknownSendError it is closed.

    message: RFC 5322 bytes. Raises Dropped, TemporarySendError, PermanentSendError, StopSending or
    UnknownSendError.
    """
    try:
        _envelope(connection, mail, message)
        connection.send(_dotted(message))
    except ValueError as error:  # an address that cannot stand in a command
        _reset(connection)
        raise PermanentSendError(f"an address cannot be sent to ({type(error).__name__})") from None
    except Dropped:
        connection.close()
        raise
    except SendError:
        _reset(connection)
        raise
    except OSError as error:
        connection.close()
        raise Dropped(f"the SMTP connection was lost early ({type(error).__name__})") from None
    _final_dot(connection)


def _envelope(connection: smtplib.SMTP, mail: Mail, message: bytes) -> None:
    options = _options(connection, mail, message)
    _must(connection.mail(mail.sender.email, options), "MAIL", 250, refused=StopSending)
    _must(connection.rcpt(mail.to.email), "RCPT", 250, 251)
    _must(connection.docmd("DATA"), "DATA", 354)


def _options(connection: smtplib.SMTP, mail: Mail, message: bytes) -> list[str]:
    options = []
    if not (mail.to.email + mail.sender.email).isascii():
        if not connection.has_extn("smtputf8"):
            raise PermanentSendError("the SMTP server takes no address with such letters")
        options.append("SMTPUTF8")
    if not message.isascii() and connection.has_extn("8bitmime"):
        options.append("BODY=8BITMIME")
    return options


def _must(
    answer: tuple[int, bytes],
    command: str,
    *wanted: int,
    refused: type[SendError] = PermanentSendError,
) -> None:
    # A 5xx to MAIL is about us and so about everybody's mail; to RCPT and DATA about this one.
    # 421 says that the server is hanging up.
    code, words = answer
    if code in wanted:
        return
    if code == -1:
        raise smtplib.SMTPServerDisconnected("no answer")
    kind = refused if 500 <= code < 600 else Dropped if code == 421 else TemporarySendError
    raise kind(f"SMTP {command} answered {code} {redact(words)}")


def _dotted(message: bytes) -> bytes:
    lines = _LINE_END.sub(b"\r\n", message).removesuffix(b"\r\n").split(b"\r\n")
    return b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines)


def _final_dot(connection: smtplib.SMTP) -> None:
    try:
        connection.send(b".\r\n")
        code, words = connection.getreply()
    except OSError as error:
        connection.close()
        raise UnknownSendError(
            f"SMTP: no answer after the whole mail was written ({type(error).__name__})"
        ) from None
    if code == 250:
        return
    if 400 <= code < 600:
        kind = PermanentSendError if code >= 500 else TemporarySendError
        raise kind(f"SMTP refused the mail: {code} {redact(words)}")
    connection.close()
    raise UnknownSendError(f"SMTP answered {code} to the mail, which says neither yes nor no")


def _reset(connection: smtplib.SMTP) -> None:
    # A server that does not take RSET is of no use for the next mail.
    with contextlib.suppress(OSError):
        if connection.rset()[0] == 250:
            return
    connection.close()
