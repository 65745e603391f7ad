"""Jinja first, then MJML: a template and a context become subject, HTML and text. Pure."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import mrml
from jinja2 import StrictUndefined
from jinja2 import Template as JinjaTemplate
from jinja2 import TemplateError as JinjaError
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from aftercare.errors import TemplateError
from aftercare.templating.model import Brand, Rendered, Template
from aftercare.templating.plain import plain_text
from aftercare.templating.source import Source
from aftercare.templating.words import clean, filters


class _Missing(Exception):
    """A fact that is not known was to be printed."""


def _finalize(value: Any) -> Any:
    if value is None:
        raise _Missing
    # What templates print may be somebody else's text; markup of our own passes.
    return value if isinstance(value, Markup) or not isinstance(value, str) else clean(value)


@lru_cache(maxsize=8)
def environment(language: str, *, html: bool) -> SandboxedEnvironment:
    """A sandbox that escapes (for html), refuses unknown names and never prints None."""
    sandbox = SandboxedEnvironment(
        undefined=StrictUndefined,
        autoescape=html,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    sandbox.filters.update(filters(language))
    return sandbox


@lru_cache(maxsize=256)
def _compiled(language: str, text: str, *, html: bool) -> JinjaTemplate:
    # A library holds some forty texts; compiling one costs more than rendering it.
    return environment(language, html=html).from_string(text)


def render(
    template: Template,
    source: Source,
    layout: str,
    brand: Brand,
    language: str,
    facts: Mapping[str, Any],
) -> Rendered:
    """Raises TemplateError naming the template (never a value) when a fact is missing or the
    result is no MJML."""
    context = {**_shop(brand, language), **facts}
    try:
        subject = _line(language, source.subject, context)
        preheader = _line(language, source.preheader, context)
        body = _compiled(language, source.body, html=True).render(context)
        why = _line(language, source.why, context)
        inner = {"body": Markup(body), "subject": subject, "preheader": preheader, "why": why}  # noqa: S704
        whole = context | inner | {"lang": language}
        mjml = _compiled(language, layout, html=True).render(whole)
        html = str(mrml.to_html(mjml).content)
    except _Missing:
        raise TemplateError(
            f"{template.name}: a fact that it prints is missing; list it in `needs`"
        ) from None
    except JinjaError as error:
        raise TemplateError(f"{source.path}: {type(error).__name__}: {error.message}") from None
    except (TypeError, ValueError, AttributeError, ArithmeticError, OSError) as error:
        raise TemplateError(f"{source.path}: cannot be rendered ({type(error).__name__})") from None
    text = plain_text(mjml)
    digest = hashlib.sha256("\0".join((subject, html, text)).encode("utf-8", "replace"))
    return Rendered(subject, preheader, html, text, language, template.version, digest.hexdigest())


def _line(language: str, text: str, context: Mapping[str, Any]) -> str:
    """One line for a header: nothing to break out with."""
    return clean(_compiled(language, text, html=False).render(context))


def _shop(brand: Brand, language: str) -> dict[str, Any]:
    colours = ("primary", "accent", "background", "ink")
    shown = {f"brand_{name}": getattr(brand, name) for name in colours}
    return {"brand": brand, "belief": brand.belief[language], "extra": None, "again": False} | shown
