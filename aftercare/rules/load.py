"""Loading rules: every problem of every file at once, each with file, rule, field and mend."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from aftercare.errors import RuleError
from aftercare.rules.build import Known, build
from aftercare.rules.model import Rule, Rulebook
from aftercare.rules.yaml import read_mapping


def load_rules(
    folder: Path,
    *,
    templates: Collection[str] | None = None,
    budgets: Collection[str] | None = None,
    teams: Collection[str] | None = None,
) -> Rulebook:
    """Read `*.yml` of a folder in the order of their names.

    templates, budgets, teams: the names that rules may use (None: not checked). Raises RuleError
    with one line for each problem found.
    """
    known = Known(templates, budgets, teams)
    problems: list[str] = []
    rules: dict[str, Rule] = {}
    for file in _files(folder, problems):
        label = f"{file.parent.name}/{file.name}"
        for name, raw in _read(file, label, problems).items():
            _add(rules, file, label, str(name), raw, known, problems)
    if not problems and not rules:
        problems.append(f"{folder}: holds no rules; write one into {folder.name}/deliveries.yml")
    if problems:
        raise RuleError("\n".join(problems))
    return Rulebook.of(list(rules.values()))


def _files(folder: Path, problems: list[str]) -> list[Path]:
    if not folder.is_dir():
        raise RuleError(f"{folder}: no such folder; AFTERCARE_RULES names the one with the rules")
    for file in sorted(folder.glob("*.yaml")):
        problems.append(f"{folder.name}/{file.name}: only *.yml is read; rename it")
    return sorted(folder.glob("*.yml"))


def _read(file: Path, label: str, problems: list[str]) -> dict[str, Any]:
    try:
        return read_mapping(file, label)
    except RuleError as error:
        problems.append(str(error))
        return {}


def _add(
    rules: dict[str, Rule],
    file: Path,
    label: str,
    name: str,
    raw: Any,
    known: Known,
    problems: list[str],
) -> None:
    if name in rules:
        other = rules[name].file.name
        problems.append(f"{label}: {name}: is a rule in {other} already; choose another name")
    rule, found = build(file, label, name, raw, known)
    problems += found
    if rule is not None:
        rules.setdefault(name, rule)
