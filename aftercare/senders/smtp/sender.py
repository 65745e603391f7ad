"""SMTP as a sender: "accepted" means that the server answered 250 to the whole mail."""

import smtplib

from aftercare.clock import Clock
from aftercare.message import Mail
from aftercare.senders.smtp.connections import Connections, SmtpServer
from aftercare.senders.smtp.transaction import Dropped, deliver
from aftercare.senders.writing import as_message, headers_of


class SmtpSender:
    """Hands mails to one SMTP server. The provider's id is the mail's Message-ID."""

    name = "smtp"

    def __init__(self, server: SmtpServer, clock: Clock) -> None:
        self.clock = clock
        self._connections = Connections(server)

    def send(self, mail: Mail) -> str:
        """Hand one mail over; returns its Message-ID. See aftercare.message.Sender for errors."""
        message = as_message(mail, self.clock.now())
        kept = self._connections.take()
        if kept is None:
            self._deliver(self._connections.open(), mail, message)
        else:
            try:
                self._deliver(kept, mail, message)
            except Dropped:
                # Servers hang up on idle or well-used connections: a new one deserves a try, and
                # nothing was accepted on the old one.
                self._deliver(self._connections.open(), mail, message)
        return headers_of(message, "Message-ID")["Message-ID"]

    def close(self) -> None:
        """Leave the server; the sender may be used again afterwards."""
        self._connections.close()

    def _deliver(self, connection: smtplib.SMTP, mail: Mail, message: bytes) -> None:
        try:
            deliver(connection, mail, message)
        finally:
            if connection.sock is not None:
                self._connections.give_back(connection)
