"""One language of a template: front matter (subject, preheader, why) and an MJML body."""

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from aftercare.errors import TemplateError

_FRONT = re.compile(r"\A---\n(?P<front>.*?)\n---\n(?P<body>.*)\Z", re.DOTALL)


@dataclass(frozen=True)
class Source:
    """What stands in `<language>.mjml`."""

    path: Path
    subject: str
    preheader: str
    why: str
    body: str


def read_source(path: Path) -> Source:
    """Read and split a template file. Raises TemplateError naming file and mend."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateError(f"{path}: cannot be read as UTF-8") from error
    match = _FRONT.match(text)
    if match is None:
        raise TemplateError(
            f"{path}:1: must begin with ---, then subject, preheader and why, then another ---"
        )
    try:
        front = yaml.safe_load(match["front"])
    except yaml.YAMLError as error:
        raise TemplateError(
            f"{path}: the front matter is not YAML; quote what holds a colon"
        ) from error
    fields = ("subject", "preheader", "why")
    if not isinstance(front, dict) or not set(fields) <= set(front):
        raise TemplateError(f"{path}: the front matter needs {', '.join(fields)}")
    subject, preheader, why = (str(front[field]) for field in fields)
    return Source(path, subject, preheader, why, match["body"])
