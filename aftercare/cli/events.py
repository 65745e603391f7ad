"""`aftercare events`: what events look like, and what is wrong with a file of them."""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from aftercare.errors import UsageError
from aftercare.events.check import Fault, Message, faults
from aftercare.events.schema import schema as schema_of
from aftercare.events.types import TYPES
from aftercare.simulate.lines import Line, parse_line, read_lines

app = typer.Typer(help="What events look like; check a file of them.", no_args_is_help=True)


@app.command("schema")
def schema(
    event_type: Annotated[str | None, typer.Argument(metavar="[TYPE]")] = None,
    out: Annotated[Path | None, typer.Option(help="write <type>.json files here")] = None,
) -> None:
    """Print the JSON Schema of an event type, or list the types.

    Example: aftercare events schema order.delivered
    """
    if out is not None:
        return _write(out, [event_type] if event_type else list(TYPES))
    if event_type is not None:
        return typer.echo(_pretty(event_type))
    table = Table("type", "topic", box=None, padding=(0, 2, 0, 0))
    for name, cls in TYPES.items():
        table.add_row(name, cls.topic or "any")
    Console().print(table)


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help=".jsonl or .jsonl.gz; - reads standard input")],
    most: Annotated[int, typer.Option(min=1, help="lines to tell of, at the most")] = 100,
) -> None:
    """Tell what is wrong with each line: place, reason, mend. Exits 1 when anything is.

    Example: aftercare events check events.jsonl
    """
    wrong: Counter[str] = Counter()
    total = 0
    for fault in faults(_messages(file)):
        total += 1
        if fault is None:
            continue
        wrong[fault.reason] += 1
        if wrong.total() <= most:
            _tell(fault)
    _sum_up(total, wrong, most)
    if wrong:
        raise typer.Exit(1)


def _write(folder: Path, types: list[str]) -> None:
    written = {folder / f"{name}.json": _pretty(name) + "\n" for name in types}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in written.items():
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}") from error
    typer.echo(f"{len(written)} schemas in {folder}", err=True)


def _pretty(event_type: str) -> str:
    return json.dumps(schema_of(event_type), indent=2, ensure_ascii=False)


def _messages(file: Path) -> Iterator[Message]:
    for line in _stdin() if str(file) == "-" else read_lines(file):
        record = line.incoming
        yield Message(record.offset + 1, record.topic, record.key, record.value)


def _stdin() -> Iterator[Line]:
    for number, line in enumerate(sys.stdin.buffer):
        if line.strip():
            yield parse_line(line.rstrip(b"\r\n"), number)


def _tell(fault: Fault) -> None:
    typer.echo(f"line {fault.number}: {fault.reason}: {fault.words}\n    mend: {fault.mend}")


def _sum_up(total: int, wrong: Counter[str], most: int) -> None:
    if (unsaid := wrong.total() - most) > 0:
        typer.echo(f"… and {unsaid:,} more")
    reasons = ", ".join(f"{number:,} {reason}" for reason, number in wrong.most_common())
    verdict = f"{wrong.total():,} wrong: {reasons}" if wrong else "all understood"
    typer.echo(f"{total:,} events, {verdict}", err=True)
