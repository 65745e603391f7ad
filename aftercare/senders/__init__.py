"""Senders: where a composed mail leaves the house. `make_sender` picks one by its name."""

from aftercare.senders.choose import SENDERS, make_sender
from aftercare.senders.errors import StopSending

__all__ = ["SENDERS", "StopSending", "make_sender"]
