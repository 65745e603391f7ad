"""Filters that templates speak with: dates and money as people of a language read them."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from babel.numbers import format_currency

LOCALES = {"en": "en_GB", "pt": "pt_BR"}
_LONGEST = 120


def clean(value: object) -> str:
    """Text of somebody else's on one line: no control or direction characters, not too long."""
    text = "".join(c if _visible(c) else " " for c in str(value))
    text = re.sub(r"\s+", " ", text).strip()
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "…"


def _visible(char: str) -> bool:
    # Cc and Cf hold control and direction marks; Cs and Co are no characters at all.
    return unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def filters(language: str) -> dict[str, Callable[..., str]]:
    """`day`, `weekday` and `money` in a language."""
    locale = LOCALES[language]

    def day(value: date) -> str:
        """5 January, 5 de janeiro."""
        return format_date(_date(value), _skeleton(language), locale=locale)

    def weekday(value: date) -> str:
        """Monday 5 January, segunda-feira, 5 de janeiro."""
        return f"{format_date(_date(value), 'EEEE', locale=locale)}{_comma(language)} {day(value)}"

    def money(value: Decimal, currency: str) -> str:
        """R$ 1.234,50 in Portuguese, R$1,234.50 in English."""
        return str(format_currency(value, currency, locale=locale)).replace("\u00a0", " ")

    return {"day": day, "weekday": weekday, "money": money, "clean": clean}


def _date(value: Any) -> date:
    return value.date() if isinstance(value, datetime) else value


def _skeleton(language: str) -> str:
    return "d 'de' MMMM" if language == "pt" else "d MMMM"


def _comma(language: str) -> str:
    return "," if language == "pt" else ""
