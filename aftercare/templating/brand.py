"""templates/brand.yml: what the shop is, once."""

import re
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aftercare.errors import RuleError, TemplateError
from aftercare.rules.yaml import read_mapping
from aftercare.templating.model import Brand

_FIELDS = ("name", "belief", "signed_by", "email", "postal_address", "time_zone", "colours")
_COLOURS = ("primary", "accent", "background", "ink")
_DEAF = re.compile(r"^(no-?reply|do-?not-?reply|nao-?responda|noresponse)", re.IGNORECASE)


def load_brand(folder: Path) -> Brand:
    """Read `brand.yml` of a templates folder. Raises TemplateError naming the field and the mend;
    an address that nobody answers is refused."""
    path = folder / "brand.yml"
    try:
        raw = read_mapping(path, str(path))
    except RuleError as error:
        raise TemplateError(str(error)) from error
    for field in _FIELDS:
        if not raw.get(field):
            raise TemplateError(f"{path}: {field} is missing")
    return Brand(
        name=str(raw["name"]),
        belief=_belief(path, raw["belief"]),
        signed_by=str(raw["signed_by"]),
        email=_email(path, str(raw["email"])),
        postal_address=str(raw["postal_address"]),
        zone=_zone(path, str(raw["time_zone"])),
        **_colours(path, raw["colours"]),
    )


def _belief(path: Path, raw: Any) -> dict[str, str]:
    if not isinstance(raw, dict) or not {"en", "pt"} <= set(raw):
        raise TemplateError(f"{path}: belief needs one sentence a language: en and pt")
    return {str(language): str(words) for language, words in raw.items()}


def _email(path: Path, address: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", address):
        raise TemplateError(f"{path}: email: {address!r} is not an address")
    if _DEAF.match(address):
        raise TemplateError(
            f"{path}: email: {address} answers nobody; name one that a person reads"
        )
    return address


def _zone(path: Path, name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise TemplateError(
            f"{path}: time_zone: {name} is no IANA zone, e.g. Europe/Lisbon"
        ) from error


def _colours(path: Path, raw: Any) -> dict[str, str]:
    found = {name: str((raw or {}).get(name, "")) for name in _COLOURS}
    for name, value in found.items():
        if not re.fullmatch(r"#[0-9A-Fa-f]{6}", value):
            raise TemplateError(f"{path}: colours.{name}: {value!r} is not like #1f5f5b (quote it)")
    return found
