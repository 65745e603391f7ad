"""Delivery over SMTP."""

from aftercare.senders.smtp.connections import SmtpServer
from aftercare.senders.smtp.sender import SmtpSender

__all__ = ["SmtpSender", "SmtpServer"]
