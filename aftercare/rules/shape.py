"""Which fields a rule has and which go together."""

import re

from aftercare.errors import RuleError
from aftercare.lifecycle import Kind
from aftercare.rules.reader import Reader

FIELDS = frozenset(
    {"on", "when", "after", "expect", "by", "still", "gone", "send", "otherwise", "again"}
    | {"cause", "wait", "expires", "extra", "escalate", "draft", "incident", "exempt"}
)
KINDS = frozenset(kind.value for kind in Kind)
_NAME = re.compile(r"^[a-z][a-z0-9-]{0,79}$")
_ONLY_WITH_SEND = ("otherwise", "again", "extra")


def check_shape(reader: Reader, name: object) -> None:
    """Collect what is wrong before any field is read."""
    place, raw, problems = reader.place, reader.raw, reader.problems
    if not _NAME.match(str(name)):
        problems.append(f"{place}: a rule's name is small letters, digits and dashes")
    reader.only(FIELDS)
    if ("on" in raw) == ("after" in raw):
        problems.append(f"{place}: needs either `on` or `after` with `expect` and `by`")
    if ("send" in raw) == ("escalate" in raw):
        problems.append(f"{place}: needs either `send` (a template) or `escalate` (a team)")
    if "gone" in raw and "still" not in raw:
        reader.wrong("gone", "goes with `still`; it says what it means that it does not hold")
    if "draft" in raw and "escalate" not in raw:
        reader.wrong("draft", "goes with `escalate`; it is what the person starts from")
    _check_promise(reader)
    if "escalate" in raw:
        for field in (f for f in _ONLY_WITH_SEND if f in raw):
            reader.wrong(field, "goes with `send`; a person decides what is given and said")


def _check_promise(reader: Reader) -> None:
    given = [f for f in ("after", "expect", "by") if f in reader.raw]
    missing = [f for f in ("after", "expect", "by") if f not in reader.raw]
    if given and missing:
        together = "`after`, `expect` and `by` go together"
        reader.problems.append(f"{reader.place}: {together}; `{missing[0]}` is missing")


def name_like(value: object) -> str:
    """A cause: spelt like a rule's name. Raises RuleError otherwise."""
    if not isinstance(value, str) or not _NAME.match(value):
        raise RuleError(f"{value!r} is not a name; small letters, digits and dashes")
    return value


def check_templates(reader: Reader, kind: Kind) -> None:
    """What a rule sends instead must be of the kind that it sends."""
    for field in ("send", "otherwise", "again"):
        template = reader.raw.get(field)
        if not isinstance(template, str):
            continue
        folder, _, rest = template.partition("/")
        if folder not in KINDS or not rest:
            reader.wrong(field, f"{template} is not <kind>/<name>, as apology/late_delivery")
        elif folder != kind:
            reader.wrong(field, f"{template} is not of kind {kind}, which this rule sends")
