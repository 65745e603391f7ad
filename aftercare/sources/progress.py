"""How far a file has been played."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from aftercare.simulate.lines import Line


@contextmanager
def progress_of(total: int, console: Console) -> Iterator[Callable[[Line], None]]:
    """A bar that goes when the work is done; yields what is to be called with each line."""
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[at]}"))
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=total, at="")
        yield lambda line: progress.update(task, advance=1, at=_at(line))


def _at(line: Line) -> str:
    return f"{line.time:%a %d %b %H:%M} UTC" if line.time else ""
