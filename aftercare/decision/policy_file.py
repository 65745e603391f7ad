"""Reading policy.yml: once, whole, refused with every problem, each with its place and its mend."""

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import msgspec

from aftercare.decision.policy import Policy
from aftercare.decision.policy_sense import senseless
from aftercare.decision.policy_shape import misshapen
from aftercare.errors import PolicyError, RuleError
from aftercare.rules.durations import duration
from aftercare.rules.yaml import read_mapping

_DURATION = re.compile(r"^(\d+[smhdw])+$")
_WALL = re.compile(r"^\d\d?:\d\d$")


def load_policy(path: Path, *, templates: Collection[str] | None = None) -> Policy:
    """Read and check a policy file; an empty one means the defaults.

    `templates`: the names that it may use (None: not checked). Raises PolicyError with one line a
    problem, naming file, place and mend.
    """
    if not path.is_file():
        raise PolicyError(f"{path} cannot be read; AFTERCARE_POLICY names the policy file")
    try:
        raw = read_mapping(path, holds="the policy's sections, as `frequency:` with its fields")
    except RuleError as error:
        raise PolicyError(str(error)) from error
    _refuse(path, misshapen(raw))
    policy = msgspec.convert(_plain(raw), Policy, strict=False)
    _refuse(path, senseless(policy, templates))
    return policy


def _refuse(path: Path, problems: list[str]) -> None:
    if problems:
        raise PolicyError("\n".join(f"{path}: {problem}" for problem in problems))


def _plain(value: Any) -> Any:
    """People write 24h and 8:00; msgspec reads timedeltas and full times."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, str) and _DURATION.match(value):
        return duration(value)
    return f"{value:0>5}:00" if isinstance(value, str) and _WALL.match(value) else value
