"""`aftercare demo`: a shop's eventful week through real Kafka, rules, gate and Airflow."""

from pathlib import Path
from typing import Annotated

import typer

from aftercare.errors import UsageError


def demo(
    data: Annotated[
        Path | None, typer.Option(help="a folder of Olist CSVs: play a real week")
    ] = None,
    seconds: Annotated[float, typer.Option(help="how long a week takes")] = 120.0,
    home: Annotated[Path, typer.Option(help="where everything is written")] = Path("var/demo"),
    seed: Annotated[int, typer.Option(help="another week of the shop")] = 7,
) -> None:
    """Play a small shop's eventful week in two minutes, and show what its customers would get.

    Nothing leaves this machine: mails go to an outbox that you can read in a browser.
    """
    from aftercare.demo.show import show

    if data is not None and not data.is_dir():
        raise UsageError(f"{data} is not a folder; it should hold Olist's CSV files")
    if seconds < 30:
        raise UsageError("a week in less than 30 seconds leaves Airflow no time; try --seconds 120")
    code = show(data, seconds=seconds, home=home, seed=seed)
    if code:
        raise typer.Exit(code)
