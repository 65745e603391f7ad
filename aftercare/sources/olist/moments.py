"""Olist's wall-clock times as moments."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/Sao_Paulo")


def moment(text: str) -> datetime | None:
    """`2017-10-02 10:56:33` in São Paulo as a moment in UTC; None when empty.

    A reading that a turned-back clock showed twice is taken as the first (fold 0). Raises
    ValueError when it is no time.
    """
    if not text:
        return None
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


def day(text: str) -> date | None:
    """The calendar day of a time; None when empty. Raises ValueError when it is no time."""
    return datetime.fromisoformat(text).date() if text else None
