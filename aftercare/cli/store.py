"""`aftercare store`: the schema of the store."""

import typer
from rich.console import Console

from aftercare import settings
from aftercare.store.engine import open_store
from aftercare.store.upgrade import check_schema, upgrade

app = typer.Typer(help="Set up and check the store.", no_args_is_help=True)


@app.command("upgrade")
def upgrade_store() -> None:
    """Bring the store's tables to what this version needs. Safe to run again."""
    revision = upgrade(open_store(settings.load().store_url))
    Console().print(f"the store is at revision {revision}")


@app.command("check")
def check_store() -> None:
    """Say whether the store fits this version; exit 2 when it does not."""
    check_schema(open_store(settings.load().store_url))
    Console().print("the store fits this version")
