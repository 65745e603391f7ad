"""How times, amounts, kinds and languages are written for people."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

A_KIND = {"apology": "an apology", "check_in": "a check-in", "small_extra": "a small extra"}
_LANGUAGES = {"en": "English", "pt": "Portuguese"}


def when(moment: datetime, zone: ZoneInfo) -> str:
    """`Mon 5 Jan 2026, 12:00 (UTC-03:00)`: a moment in a sentence."""
    offset = f"{moment.astimezone(zone):%z}"
    return f"{clock(moment, zone)} (UTC{offset[:3]}:{offset[3:5]})"


def clock(moment: datetime, zone: ZoneInfo) -> str:
    """`Mon 5 Jan 2026, 12:00`: where the zone is said already."""
    local = moment.astimezone(zone)
    return f"{day(local)}, {local:%H:%M}"


def day(moment: date) -> str:
    """`Mon 5 Jan 2026`."""
    return f"{moment:%a} {moment.day} {moment:%b %Y}"


def money(amount: object, currency: str | None) -> str:
    """`18.99 BRL`."""
    return f"{amount} {currency or '(currency not known)'}"


def language(code: str) -> str:
    """A language by its name."""
    return _LANGUAGES.get(code, code)


def times(counts: Mapping[str, int]) -> str:
    """`3 sent, 1 held`, the most first."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{number} {name}" for name, number in ordered)


def listed(names: Sequence[str], last: str = "or") -> str:
    """`a, b or c`."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"


def sentence(words: str) -> str:
    """A capital at the beginning, one full stop at the end."""
    text = words.strip().rstrip(".")
    return f"{text[:1].upper()}{text[1:]}." if text else ""
