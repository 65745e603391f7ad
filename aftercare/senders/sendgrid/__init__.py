"""Delivery through SendGrid's Mail Send API, version 3."""

from aftercare.senders.sendgrid.sender import SendGridSender

__all__ = ["SendGridSender"]
