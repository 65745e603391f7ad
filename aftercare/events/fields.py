"""The small types that events are made of: bounded text, money, days."""

from decimal import Decimal
from typing import Annotated, Literal

import msgspec

Id = Annotated[
    str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x20\x7f]+(?!\n)$")
]
"""An identifier: no spaces, no control characters."""

ShortText = Annotated[str, msgspec.Meta(max_length=300)]
LongText = Annotated[str, msgspec.Meta(max_length=10_000)]
Amount = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^-?[0-9]{1,12}(\.[0-9]{1,4})?(?!\n)$", description="decimal text, e.g. 12.30"
    ),
]
Currency = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}(?!\n)$", description="ISO 4217 code")]
Language = Annotated[
    str, msgspec.Meta(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*(?!\n)$", max_length=40)
]
HandoffId = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(?!\n)$",
        description="the hand-off's id, as its mail or webhook tells it",
    ),
]
Severity = Literal["low", "medium", "high", "critical"]


class Money(msgspec.Struct, frozen=True):
    """An amount as decimal text and its ISO 4217 currency. Whether it is positive the gate asks."""

    amount: Amount
    currency: Currency

    @property
    def decimal(self) -> Decimal:
        return Decimal(self.amount)


class Item(msgspec.Struct, frozen=True):
    """One line of an order, named as the customer knows it."""

    name: ShortText
    quantity: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 1
    price: Money | None = None


class Consents(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the customer allows, by kind; None leaves what is known."""

    apology: bool | None = None
    check_in: bool | None = None
    small_extra: bool | None = None


class Person(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What is known of a customer; every field may be missing, None leaves what is known."""

    email: Annotated[str, msgspec.Meta(max_length=320)] | None = None
    first_name: ShortText | None = None
    last_name: ShortText | None = None
    language: Language | None = None
    country: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}(?!\n)$")] | None = None
    time_zone: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    consents: Consents | None = None
