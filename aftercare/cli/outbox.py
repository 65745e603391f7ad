"""`aftercare outbox`: the mails that the outbox sender kept, as a page to read."""

import webbrowser
from typing import Annotated

import typer
from rich.console import Console

from aftercare import settings
from aftercare.errors import UsageError


def outbox(
    show: Annotated[bool, typer.Option("--open", help="open it in a browser")] = False,
) -> None:
    """Build the outbox page and say where it is.

    e.g. `aftercare outbox --open`
    """
    from aftercare.senders.outbox.index import entries
    from aftercare.senders.outbox.page import build_index

    folder = settings.load().outbox_dir
    try:
        page = build_index(folder)
    except OSError as error:
        raise UsageError(f"the outbox {folder} cannot be written: {error.strerror}") from error
    count = len(entries(folder))
    console = Console(soft_wrap=True)
    console.print(
        f"{count} {'mail' if count == 1 else 'mails'} in {page.resolve()}", highlight=False
    )
    if show:
        webbrowser.open(page.resolve().as_uri())
