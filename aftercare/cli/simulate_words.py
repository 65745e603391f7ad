"""A simulation told to a person: what came in, what would be sent, what not and why, the cost."""

from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from aftercare.simulate.whole import Simulated

_FIRST = 10


def tell(
    found: Simulated, console: Console, *, file: Path, outbox: Path | None, zone: ZoneInfo
) -> None:
    """Print the summary; times in `zone`, the shop's."""
    summary = found.summary
    if not summary["events"] and not summary["dead_letters"]["total"]:
        _say(console, f"{file} holds no events: nothing would be sent.")
        return
    _came_in(summary, console, file)
    if not summary["triggers"]:
        _say(console, "No care rule matched: nothing would be sent.")
        return
    _say(console, _would_be_sent(summary, zone))
    console.print(_outcomes(summary["outcomes_by_rule"]))
    if summary["messages"]["total"]:
        _messages(found, console, outbox, zone)
    _reasons(summary, console)
    _cost(summary, console)
    for kind, words in summary["stopped"].items():
        _say(console, f"STOPPED: {kind}: {words}")
    if outbox is not None:
        _say(console, f"\nRead the messages: {outbox / 'index.html'}")


def _came_in(summary: Mapping[str, Any], console: Console, file: Path) -> None:
    dead = summary["dead_letters"]
    _say(console, f"{_number(summary['events'], 'event')} understood.")
    if dead["total"]:
        _say(console, f"{_number(dead['total'], 'line')} not understood (dead letters):")
        for reason, number in dead["by_reason"].items():
            _say(console, f"  {number:>6,}  {reason}")
        _say(console, f"  What is wrong with each: aftercare events check {file}")


def _would_be_sent(summary: Mapping[str, Any], zone: ZoneInfo) -> str:
    messages = summary["messages"]
    if not messages["total"]:
        return "\nNothing would be sent."
    first, last = (_at(datetime.fromisoformat(messages[n]), zone) for n in ("first_at", "last_at"))
    return (
        f"\n{_number(messages['total'], 'message')} to {_number(messages['customers'], 'customer')} "
        f"would be sent, from {first} to {last} ({zone.key}).\n"
    )


def _outcomes(by_rule: Mapping[str, Mapping[str, int]]) -> Table:
    table = Table(title="What became of each rule's triggers", title_justify="left")
    table.add_column("rule", no_wrap=True)
    table.add_column("triggers", justify="right")
    table.add_column("became")
    for rule, outcomes in by_rule.items():
        most_first = sorted(outcomes.items(), key=lambda item: (-item[1], item[0]))
        became = ", ".join(f"{number:,} {name}" for name, number in most_first)
        table.add_row(rule, f"{sum(outcomes.values()):,}", became)
    return table


def _messages(found: Simulated, console: Console, outbox: Path | None, zone: ZoneInfo) -> None:
    messages = found.summary["messages"]
    _counted(console, "Messages by template", messages["by_template"])
    _counted(console, "By language", messages["by_language"])
    _say(console, "\nThe first of them")
    for one in islice(found.sent(), _FIRST):
        extra = f", with {one.extra}" if one.extra else ""
        what = f"{one.template} to {one.customer_id} about {one.subject}{extra}"
        _say(console, f"  {_at(one.at, zone)}  {what}")
    if (more := messages["total"] - _FIRST) > 0:
        where = "" if outbox else ", and --outbox DIR writes them to read"
        _say(console, f"  … and {more:,} more: --json lists all{where}")
    most = found.summary["most_written_to"]
    number = _number(most["messages"], "message")
    _say(console, f"\nMost written to: customer {most['customer_id']}, {number}.")


def _reasons(summary: Mapping[str, Any], console: Console) -> None:
    _counted(console, "Not sent, and why", summary["reasons"])
    _counted(console, "Held on their way, and why", summary["held_for"])
    _counted(console, "Put aside by the quality gate (quarantined)", summary["quarantined_for"])
    _counted(console, "Handed to a person, by team", summary["hand_offs"])


def _cost(summary: Mapping[str, Any], console: Console) -> None:
    if not summary["extras"]:
        return
    _say(console, "\nWhat the extras cost")
    for budget, sums in summary["extras"].items():
        name, _, currency = budget.rpartition(" ")
        spent = ", ".join(f"{amount} {currency} {status}" for status, amount in sums.items())
        extras = _number(summary["extras_given"][budget], "extra")
        _say(console, f"  {name}: {spent}, {extras}")


def _counted(console: Console, title: str, counts: Mapping[str, int]) -> None:
    if not counts:
        return
    _say(console, f"\n{title}")
    for words, number in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        _say(console, f"  {number:>6,}  {words}")


def _number(number: int, name: str) -> str:
    return f"{number:,} {name}" if number == 1 else f"{number:,} {name}s"


def _at(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%a %d %b %Y %H:%M}"


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)
