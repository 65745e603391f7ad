"""What a template is and what it becomes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Brand:
    """templates/brand.yml: what the shop is, once."""

    name: str
    belief: Mapping[str, str]
    signed_by: str
    email: str
    postal_address: str
    zone: ZoneInfo
    primary: str
    accent: str
    background: str
    ink: str


@dataclass(frozen=True)
class Template:
    """One template folder. `needs` are the facts it cannot do without, as `order.promised_on`;
    `version` a short hash of everything that shapes its output (layout and brand included)."""

    name: str
    kind: str
    folder: Path
    purpose: str
    needs: tuple[str, ...]
    languages: tuple[str, ...]
    version: str


@dataclass(frozen=True)
class Rendered:
    """A composed message. `render_hash` is the SHA-256 of subject, html and text."""

    subject: str
    preheader: str
    html: str
    text: str
    language: str
    version: str
    render_hash: str
