"""`aftercare revive --since DAY`: tell what expired, after all."""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from aftercare.cli.parts import parts
from aftercare.cli.since import FORMATS, in_zone
from aftercare.errors import UsageError
from aftercare.rules.durations import in_words
from aftercare.rules.nearest import nearest
from aftercare.steps.parts import Parts
from aftercare.steps.revive import Preview, Wanted, preview
from aftercare.steps.revive import revive as let_live


def revive(
    since: Annotated[datetime, typer.Option(formats=FORMATS, help="what happened from then on")],
    until: Annotated[
        datetime | None, typer.Option(formats=FORMATS, help="and before then; the shop's days")
    ] = None,
    rule: Annotated[list[str] | None, typer.Option(help="only by this rule; repeatable")] = None,
    reason: Annotated[str, typer.Option(help="why, for whoever looks next")] = "no reason given",
    yes: Annotated[bool, typer.Option("--yes", help="do it; without it nothing changes")] = False,
) -> None:
    """Let expired triggers wait again, for as long as their rule's `expires` from now on.

    Shows what would wait again and changes nothing; --yes does it. Each is then decided like any
    other: truth, consent, open cases, caps and quiet hours are asked seconds before sending.

    Example: aftercare revive --since 2026-11-01 --rule late-delivery --reason "mail was down" --yes
    """
    found = parts()
    wanted = _wanted(found, since, until, rule or [])
    seen = preview(found, wanted)
    _show(found, seen)
    if yes and seen.number:
        _say(f"{let_live(found, wanted, reason)} wait again")
    elif seen.number:
        _say("nothing was changed; with --yes they wait again and are decided like any other")


def _wanted(found: Parts, since: datetime, until: datetime | None, rules: list[str]) -> Wanted:
    for name in rules:
        if name not in found.rulebook.rules:
            raise UsageError(f"there is no rule {name}{nearest(name, found.rulebook.rules)}")
    if until is not None and until <= since:
        raise UsageError("--until is not after --since; turn them round")
    start = since.replace(tzinfo=found.zone)
    return Wanted(start, in_zone(until, found.zone), rules)


def _show(found: Parts, seen: Preview) -> None:
    if seen.number:
        Console().print(_table(found, seen))
    else:
        _say("nothing that expired can be revived there")
    if seen.answered:
        _say(f"{seen.answered} stay expired: another message answered them meanwhile")
    if seen.ruleless:
        _say(f"{seen.ruleless} stay expired: their rule is gone")


def _table(found: Parts, seen: Preview) -> Table:
    table = Table("rule", "triggers", "customers", "first happened", "last happened", "for")
    for name, rows in seen.by_rule.items():
        table.add_row(
            name,
            str(len(rows)),
            str(len({row["customer_id"] for row in rows})),
            _day(rows[0]["happened_at"], found.zone),
            _day(rows[-1]["happened_at"], found.zone),
            in_words(found.rulebook.rules[name].expires),
        )
    return table


def _day(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def _say(line: str) -> None:
    Console(soft_wrap=True).print(line, markup=False, highlight=False)
