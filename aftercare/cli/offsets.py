"""`aftercare offsets`: where the consumers stand."""

from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy import Connection, RowMapping, select

from aftercare.cli.listing import show
from aftercare.cli.parts import parts
from aftercare.errors import UsageError
from aftercare.store import dead_letters
from aftercare.store import offsets as store
from aftercare.store.engine import reading, writing
from aftercare.store.tables import offsets

app = typer.Typer(help="Where the consumers stand in each partition.", no_args_is_help=True)


@app.command("list")
def list_offsets() -> None:
    """Every partition: next offset, what became of its events, and what was surely heard."""
    query = select(offsets).order_by(offsets.c.topic, offsets.c.partition)
    with reading(parts().engine) as connection:
        rows = connection.execute(query).mappings().all()
    headings = ("partition", "next offset", "facts", "dead letters", "skipped", "heard up to")
    show(headings, map(_cells, rows), "nothing was read yet")


def _cells(row: RowMapping) -> list[str]:
    heard = f"{row['read_past']:%Y-%m-%d %H:%M:%S} UTC" if row["read_past"] else "not yet"
    numbers = (str(row[name]) for name in ("next_offset", "events", "dead", "skipped"))
    return [f"{row['topic']}[{row['partition']}]", *numbers, heard]


@app.command()
def reset(topic: str, yes: Annotated[bool, typer.Option("--yes", help="really")] = False) -> None:
    """Read a topic from its beginning again: `aftercare offsets reset orders --yes`, e.g. after it
    was made anew. Stop the consumers first.

    Facts, triggers and messages are idempotent, so reading again sends nothing twice. What cannot
    be understood becomes a dead letter again.
    """
    if not yes:
        raise UsageError(
            f"this reads {topic} from its beginning; say --yes when the consumers are stopped"
        )
    with writing(parts().engine) as connection:
        _refuse_open(connection, topic)
        dead_letters.forget(connection, topic)
        number = store.forget(connection, topic)
    if not number:
        raise UsageError(f"nothing was read of a topic {topic} yet; `aftercare offsets list`")
    Console().print(f"{number} partitions of {topic} will be read from their beginning")


def _refuse_open(connection: Connection, topic: str) -> None:
    # A topic made anew uses the same places again, and would hide what was kept under them.
    if number := len(dead_letters.find(connection, topic=topic)):
        raise UsageError(
            f"{number} dead letters of {topic} are open; `aftercare dead-letters replay` or `drop` "
            f"with --topic {topic} first"
        )
