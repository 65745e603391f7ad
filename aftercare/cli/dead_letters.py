"""`aftercare dead-letters`: list, show, replay, drop."""

from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy import Connection, RowMapping

from aftercare.cli.ids import in_full
from aftercare.cli.listing import show as show_list
from aftercare.cli.parts import parts
from aftercare.cli.since import Since, in_zone
from aftercare.errors import UsageError
from aftercare.sources.resend import Resender
from aftercare.steps.parts import Parts
from aftercare.store import dead_letters as store
from aftercare.store.engine import reading, writing
from aftercare.store.slices import AT_ONCE
from aftercare.store.tables import dead_letters

app = typer.Typer(help="Events that could not be understood.", no_args_is_help=True)

_TOLD = 10

Ids = Annotated[list[str] | None, typer.Argument(help="dead letter ids")]
Reason = Annotated[str | None, typer.Option(help="only with this reason, e.g. bad-data")]
Topic = Annotated[str | None, typer.Option(help="only of this topic")]
All = Annotated[bool, typer.Option("--all", help="every open one")]


@app.command("list")
def list_dead(reason: Reason = None, topic: Topic = None) -> None:
    """Open dead letters with reason and place: `aftercare dead-letters list --reason not-json`."""
    with reading(parts().engine) as connection:
        rows = store.find(connection, reason=reason, topic=topic)
    cells = ((row["dead_letter_id"], _place(row), row["reason"], row["detail"]) for row in rows)
    headings = ("dead letter", "place", "reason", "in words")
    show_list(headings, cells, "no open dead letters", ids=True)


@app.command()
def show(dead_letter: str) -> None:
    """One dead letter: reason, place, key and raw bytes."""
    with reading(parts().engine) as connection:
        (row,) = store.find(connection, ids=[_full(connection, dead_letter)], status=None)
    lines = [
        f"{row['status']}: {row['reason']}: {row['detail']}",
        f"place: {_place(row)}",
        f"key:   {_safe(row['key'])}",
        f"value: {_safe(row['value'])}",
    ]
    Console(soft_wrap=True).print("\n".join(lines), markup=False, highlight=False)


@app.command()
def replay(
    ids: Ids = None,
    reason: Reason = None,
    topic: Topic = None,
    everything: All = False,
    since: Since = None,
) -> None:
    """Send them to their topic again, after a fix: `aftercare dead-letters replay --reason bad-data`.

    They go through the same front door as any event; replaying what was understood changes nothing.
    What is too late by its rule stays unsaid, unless --since asks for it.
    """
    found = parts()
    chosen = _chosen(found, ids, reason, topic, everything)
    done, refused = 0, dict[str, str]()
    with Resender(found.settings, in_zone(since, found.zone)) as resender:
        for start in range(0, len(chosen), AT_ONCE):
            # They stay ours until Kafka has them, so that nobody drops or replays them meanwhile.
            with writing(found.engine) as connection:
                rows = store.take(connection, chosen[start : start + AT_ONCE])
                refused |= resender.send(rows)
                sent = {row["dead_letter_id"] for row in rows} - refused.keys()
                done += store.settle(connection, sent, store.REPLAYED)
    _say(f"{done} replayed")
    if refused:
        lines = [f"{identity}: {why}" for identity, why in list(refused.items())[:_TOLD]]
        more = [f"and {len(refused) - _TOLD} more"] if len(refused) > _TOLD else []
        raise UsageError(
            "\n".join(["not replayed (`aftercare dead-letters drop ID` gives up):", *lines, *more])
        )


@app.command()
def drop(
    ids: Ids = None, reason: Reason = None, topic: Topic = None, everything: All = False
) -> None:
    """Give up on them; they stay counted: `aftercare dead-letters drop --topic orders`."""
    found = parts()
    chosen = _chosen(found, ids, reason, topic, everything)
    with writing(found.engine) as connection:
        done = store.settle(connection, chosen, store.DROPPED)
    _say(f"{done} dropped")


def _chosen(
    found: Parts, ids: list[str] | None, reason: str | None, topic: str | None, everything: bool
) -> list[str]:
    if not (ids or reason or topic or everything):
        raise UsageError("name ids, --reason, --topic or --all; `aftercare dead-letters list`")
    with reading(found.engine) as connection:
        full = [_full(connection, one) for one in ids or ()]
        return store.ids_of(connection, ids=full, reason=reason, topic=topic)


def _full(connection: Connection, given: str) -> str:
    column, listed = dead_letters.c.dead_letter_id, "aftercare dead-letters list"
    return in_full(connection, column, given, what="dead letter", listed_by=listed)


def _say(line: str) -> None:
    Console(soft_wrap=True).print(line, markup=False, highlight=False)


def _place(row: RowMapping) -> str:
    return f"{row['topic']}[{row['partition']}]@{row['offset']}"


def _safe(raw: bytes | None) -> str:
    """Bytes that cannot play tricks with a terminal."""
    return "(none)" if raw is None else repr(bytes(raw))[2:-1]
