"""The outbox: mails end as files that a person can read, never at anybody."""

from aftercare.senders.outbox.page import build_index
from aftercare.senders.outbox.sender import OutboxSender

__all__ = ["OutboxSender", "build_index"]
