"""`aftercare up`: the whole of Aftercare as processes of this machine, until Ctrl-C."""

import time
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from aftercare import settings
from aftercare.errors import UsageError

KAFKA = ("tansu", "apache")
STORE = ("sqlite", "postgres")
MAIL = ("outbox", "catcher")


def up(
    kafka: Annotated[str, typer.Option(help="tansu (in memory) or apache (keeps)")] = "tansu",
    store: Annotated[str, typer.Option(help="sqlite or postgres")] = "sqlite",
    mail: Annotated[str, typer.Option(help="outbox, or catcher: a local SMTP server")] = "outbox",
    consumers: Annotated[int, typer.Option(min=1, help="consumer processes")] = 1,
) -> None:
    """Start broker, store, consumers and Airflow here, and keep them until Ctrl-C.

    With tansu every start begins empty; with apache everything is kept under the home folder.
    Example: aftercare up --kafka apache --store postgres --consumers 2
    """
    from aftercare.stack.alone import alone_in
    from aftercare.stack.foreground import until_told
    from aftercare.stack.joining import how_to_join
    from aftercare.stack.whole import Plan, whole_stack

    for given, choices in ((kafka, KAFKA), (store, STORE), (mail, MAIL)):
        _refuse_unknown(given, choices)
    console = Console()
    plan = Plan(
        settings.load().home,
        kafka=kafka,
        store=store,
        mail=mail,
        consumers=consumers,
        say=lambda line: _say(console, f"  {line}"),
    )
    with until_told(), alone_in(plan.home), whole_stack(plan) as whole:
        console.print(_table(whole.addresses))
        console.print("Up. Ctrl-C stops everything. In another terminal:")
        _say(console, f"  {how_to_join(whole.file)}   then e.g. aftercare status")
        while True:
            whole.tend()
            time.sleep(1)


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def _refuse_unknown(given: str, choices: tuple[str, ...]) -> None:
    if given not in choices:
        raise UsageError(f"{given!r} is not one of {', '.join(choices)}")


def _table(addresses: dict[str, str]) -> Table:
    table = Table(show_header=False, box=None, padding=(0, 2))
    for name, address in addresses.items():
        table.add_row(name, address)
    return table
