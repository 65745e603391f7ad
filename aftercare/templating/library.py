"""All templates of a folder, validated when loaded."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aftercare.errors import RuleError, TemplateError
from aftercare.lifecycle import Kind
from aftercare.rules.yaml import read_mapping
from aftercare.templating.brand import load_brand
from aftercare.templating.model import Brand, Rendered, Template
from aftercare.templating.names import check_names, check_need
from aftercare.templating.render import environment, render
from aftercare.templating.source import Source, read_source
from aftercare.templating.words import LOCALES

DEFAULT = "en"


class Library:
    """Templates by name (`apology/late_delivery`), the brand, and how to render."""

    def __init__(
        self,
        brand: Brand,
        layout: str,
        templates: Mapping[str, Template],
        sources: Mapping[tuple[str, str], Source],
        personas: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self.brand, self.templates, self.personas = brand, templates, personas
        self._layout, self._sources = layout, sources

    @classmethod
    def load(cls, folder: Path) -> "Library":
        """Read and check everything. Raises TemplateError naming file, line and mend."""
        brand = load_brand(folder)
        layout = _text(folder / "_layout.mjml")
        templates: dict[str, Template] = {}
        sources: dict[tuple[str, str], Source] = {}
        personas: dict[str, Mapping[str, Any]] = {}
        for about in sorted(folder.glob("*/*/about.yml")):
            name = f"{about.parent.parent.name}/{about.parent.name}"
            found = {
                language: read_source(about.parent / f"{language}.mjml") for language in LOCALES
            }
            shape = [layout, _text(folder / "brand.yml"), *(_text(s.path) for s in found.values())]
            templates[name], personas[name] = _about(about, name, shape)
            sources |= {(name, language): source for language, source in found.items()}
            for language, source in found.items():
                _check(language, source)
        if not templates:
            raise TemplateError(
                f"{folder}: no templates here; AFTERCARE_TEMPLATES names their folder"
            )
        return cls(brand, layout, templates, sources, personas)

    def render(self, name: str, language: str, context: Mapping[str, Any]) -> Rendered:
        """Render a template in the nearest language that it has: exact, base, English."""
        if name not in self.templates:
            raise TemplateError(f"no template {name}; `aftercare template list` shows them")
        spoken = nearest_language(language)
        source = self._sources[name, spoken]
        return render(self.templates[name], source, self._layout, self.brand, spoken, context)


def nearest_language(language: str) -> str:
    """`pt-BR` and `PT_br` are Portuguese; what we do not write falls back to English."""
    base = language.replace("_", "-").split("-")[0].lower()
    return base if base in LOCALES else DEFAULT


def _about(path: Path, name: str, shape: list[str]) -> tuple[Template, Mapping[str, Any]]:
    try:
        raw = read_mapping(path, str(path))
    except RuleError as error:
        raise TemplateError(str(error)) from error
    kind = name.split("/")[0]
    if kind not in [k.value for k in Kind]:
        raise TemplateError(f"{path}: the folder {kind} is no kind; kinds are {', '.join(Kind)}")
    needs = tuple(str(need) for need in raw.get("needs") or ())
    for need in needs:
        check_need(path, need)
    if not raw.get("purpose"):
        raise TemplateError(f"{path}: purpose is missing: one sentence on when it is sent")
    version = hashlib.sha256("\0".join(shape).encode()).hexdigest()[:16]
    template = Template(
        name, kind, path.parent, str(raw["purpose"]), needs, tuple(LOCALES), version
    )
    return template, raw.get("personas") or {}


def _check(language: str, source: Source) -> None:
    for text in (source.subject, source.preheader, source.why, source.body):
        check_names(environment(language, html=True), source.path, text)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateError(f"{path}: cannot be read as UTF-8") from error
