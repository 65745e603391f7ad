"""Lists for people and for pipes: nothing in them is cut off."""

from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.table import Table

SHORT = 8
"""Letters of an id that a terminal shows; every command takes the beginning of an id."""

_PIPE = 10_000
_NAME = 36
"""A first column that is no wider keeps its names and ids in one piece."""


def show(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    empty: str,
    *,
    ids: bool = False,
    zone: ZoneInfo | None = None,
) -> None:
    """Print a table, or `empty` when there are no rows.

    ids: the first column holds ids, of which a terminal shows the beginning; a pipe gets them whole,
    one line a row however long it is. zone: the one that the times are told in.
    """
    console = Console()
    if not console.is_terminal:
        console = Console(width=_PIPE)
    short = SHORT if ids and console.is_terminal else None
    # Without lines between the columns, there is room for words on a narrow terminal.
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    cells = [(first[:short], *others) for first, *others in rows]
    short_names = all(len(first) <= _NAME for first, *_ in cells)
    for number, heading in enumerate(headings):
        table.add_column(heading, overflow="fold", no_wrap=number == 0 and short_names)
    for row in cells:
        table.add_row(*map(escape, row))
    console.print(table if table.row_count else empty)
    if zone is not None and table.row_count:
        console.print(f"times in {zone.key}", style="dim", highlight=False)
