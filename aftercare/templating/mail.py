"""From a rendered message to a mail with its addresses."""

from collections.abc import Mapping
from typing import Any

from aftercare.message import Address, Mail
from aftercare.templating.model import Brand, Rendered
from aftercare.templating.words import clean


def to_mail(
    rendered: Rendered,
    *,
    follow_up_id: str,
    kind: str,
    rule: str,
    customer: Mapping[str, Any],
    brand: Brand,
) -> Mail:
    """Everybody can answer: the sender is the address that a person reads."""
    ours = Address(brand.email, brand.name)
    return Mail(
        follow_up_id=follow_up_id,
        kind=kind,
        rule=rule,
        language=rendered.language,
        to=Address(str(customer.get("email") or ""), clean(customer.get("name") or "")),
        sender=ours,
        reply_to=ours,
        subject=rendered.subject,
        preheader=rendered.preheader,
        html=rendered.html,
        text=rendered.text,
    )
