"""A mail to send in tests; every field may be given."""

from typing import Any

import msgspec

from aftercare.message import Address, Mail

FOLLOW_UP = "6f1c2a34-0b5e-5d1f-9a77-3a4f0c9be001"

_MAIL = Mail(
    follow_up_id=FOLLOW_UP,
    kind="apology",
    rule="late-delivery",
    language="en",
    to=Address("ana@example.com", "Ana Souza"),
    sender=Address("care@shop.example", "The shop"),
    reply_to=Address("care@shop.example", "The shop"),
    subject="Your lamp came three days late",
    preheader="We were late, and this is what we did about it.",
    html="<!doctype html><meta charset='utf-8'><p>Dear Ana, your lamp came three days late.</p>",
    text="Dear Ana,\n\nyour lamp came three days late.\n.\n.. and two dots\nThe shop\n",
)


def a_mail(**given: Any) -> Mail:
    """The mail above with some fields changed."""
    return msgspec.structs.replace(_MAIL, **given)
