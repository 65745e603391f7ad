"""The shape of policy.yml, held against the types of `Policy`: every problem with its place."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec.inspect as types

from aftercare.decision.policy import Policy
from aftercare.errors import RuleError
from aftercare.rules.durations import duration
from aftercare.rules.nearest import nearest

_WALL = re.compile(r"^([01]?\d|2[0-3]):[0-5]\d$")


def misshapen(raw: Any) -> list[str]:
    """One line for each field that nobody knows, that is missing, or that holds something else than
    it may hold."""
    return list(_walk(types.type_info(Policy), raw, ""))


def _walk(wanted: types.Type, raw: Any, place: str) -> Iterator[str]:
    if raw is None and isinstance(wanted, types.UnionType):
        return
    wanted = _stated(wanted)
    if isinstance(wanted, types.StructType):
        yield from _struct(wanted, raw, place)
    elif isinstance(wanted, types.DictType):
        yield from _dict(wanted, raw, place)
    elif isinstance(wanted, types.VarTupleType):
        yield from _list(wanted, raw, place)
    elif (words := _leaf(wanted, raw)) is not None:
        yield f"{place}: {raw!r} {words}"


def _stated(wanted: types.Type) -> types.Type:
    """What may be left out is, where it is written, what it is."""
    if isinstance(wanted, types.UnionType):
        return next(t for t in wanted.types if not isinstance(t, types.NoneType))
    return wanted


def _struct(wanted: types.StructType, raw: Any, place: str) -> Iterator[str]:
    fields = {field.encode_name: field for field in wanted.fields}
    if not isinstance(raw, dict):
        yield f"{place}: holds fields by name: {', '.join(fields)}"
        return
    for name, value in raw.items():
        if name in fields:
            yield from _walk(fields[name].type, value, _below(place, name))
        else:
            yield f"{_below(place, name)}: no such field{nearest(str(name), fields)}"
    for name, field in fields.items():
        if field.required and name not in raw:
            yield f"{_below(place, name)}: is missing"


def _dict(wanted: types.DictType, raw: Any, place: str) -> Iterator[str]:
    if not isinstance(raw, dict):
        yield f"{place}: holds names, each with what belongs to it"
        return
    for name, value in raw.items():
        if (words := _leaf(wanted.key_type, name)) is not None:
            yield f"{_below(place, name)}: {name!r} {words}"
        else:
            yield from _walk(wanted.value_type, value, _below(place, name))


def _list(wanted: types.VarTupleType, raw: Any, place: str) -> Iterator[str]:
    if not isinstance(raw, list):
        yield f"{place}: is a list, as [a, b] or lines that begin with `- `"
        return
    for number, value in enumerate(raw, 1):
        yield from _walk(wanted.item_type, value, f"{place}[{number}]")


def _leaf(wanted: types.Type, raw: Any) -> str | None:
    """Why a value is not what is wanted; None when it is."""
    if isinstance(wanted, types.LiteralType):
        return _one_of([str(v) for v in wanted.values], raw)
    if isinstance(wanted, types.EnumType):
        return _one_of([str(member.value) for member in wanted.cls], raw)
    good, words = _LEAVES[type(wanted)]
    return None if good(raw) else words


def _one_of(choices: list[str], raw: Any) -> str | None:
    return None if raw in choices else f"is not one of {', '.join(choices)}"


def _is_duration(raw: Any) -> bool:
    try:
        duration(raw)
    except RuleError:
        return False
    return True


def _is_number(raw: Any) -> bool:
    try:
        return Decimal(str(raw)).is_finite()
    except InvalidOperation:
        return False


_LEAVES: dict[type[types.Type], tuple[Callable[[Any], bool], str]] = {
    types.StrType: (lambda raw: isinstance(raw, str) and raw != "", "is no text; put it in quotes"),
    types.IntType: (lambda raw: isinstance(raw, int), "is no whole number"),
    types.FloatType: (_is_number, "is no number"),
    types.DecimalType: (_is_number, 'is no amount; write "5" or "5.50"'),
    types.TimeType: (
        lambda raw: isinstance(raw, str) and bool(_WALL.match(raw)),
        'is no time of day; write "21:00", in quotes',
    ),
    types.TimeDeltaType: (_is_duration, "is no duration; write 90m, 24h, 30d or 1d12h"),
}


def _below(place: str, name: object) -> str:
    return f"{place}.{name}" if place else str(name)
