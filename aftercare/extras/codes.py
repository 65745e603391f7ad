"""Where voucher codes come from: a provider interface; the default makes random ones."""

import base64
import hashlib
import secrets
from decimal import Decimal
from typing import Protocol


class CodeProvider(Protocol):
    """Creates the code of an extra, e.g. in the shop's own voucher system."""

    def create(self, extra_id: str, amount: Decimal, currency: str) -> str:
        """A code worth `amount` of `currency`. The same `extra_id` may be asked for again after a
        rollback; a provider that keeps state uses it as its idempotency key."""
        ...


class RandomCodes:
    """Codes nobody can guess: 50 random bits."""

    def create(self, extra_id: str, amount: Decimal, currency: str) -> str:
        return _pretty(secrets.token_bytes(7))


class SeededCodes:
    """The same codes for the same extras: for simulations, whose output must repeat."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def create(self, extra_id: str, amount: Decimal, currency: str) -> str:
        return _pretty(hashlib.sha256(f"{self._seed}:{extra_id}".encode()).digest())


def _pretty(raw: bytes) -> str:
    text = base64.b32encode(raw).decode()
    return f"{text[:5]}-{text[5:10]}"
