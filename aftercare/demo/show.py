"""The demo: start everything, play the week, wait until nothing is due, tell what happened."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import yaml
from rich.console import Console

from aftercare import settings
from aftercare.clock import ScaledClock
from aftercare.demo.report import report
from aftercare.demo.weeks import olist_week, shop_week
from aftercare.settings import Settings
from aftercare.steps.parts import Parts, build

START_UP = 25.0
"""Machine seconds from now until the week begins: what the servers take to start."""

AFTER = timedelta(days=3)
"""Care time that the demo goes on after the last event, so that waits run out."""

WEEK = 7 * 86_400.0
SWEEP = 8.0
PATIENCE = 180.0
"""Machine seconds to wait at the end for what is due."""


def show(data: Path | None, *, seconds: float, home: Path, seed: int) -> int:
    """Run the demo; returns the exit code: 0 when something was sent and everything adds up."""
    from aftercare.stack.alone import alone_in, empty
    from aftercare.stack.foreground import until_told

    code = 1
    with until_told(), alone_in(home):
        empty(home)
        code = _show(data, seconds, home, seed)
    return code


def _show(data: Path | None, seconds: float, home: Path, seed: int) -> int:
    from aftercare.stack.joining import how_to_join
    from aftercare.stack.whole import Plan, whole_stack

    console = Console()
    week = olist_week(data) if data else shop_week(seed)
    file = _write(week.lines, home / "week.jsonl")
    clock = ScaledClock(week.start, round(time.time() + START_UP, 3), WEEK / seconds)
    policy = _without_nights(settings.load().policy, home / "policy.yml")
    env = {
        "AFTERCARE_CLOCK": str(clock),
        "AFTERCARE_POLICY": str(policy.resolve()),
        "AFTERCARE_SWEEP": str(SWEEP),
        "AFTERCARE_PARTITIONS": "2",
    }
    console.print(
        f"[bold]{week.title}[/bold]: a week in {seconds:.0f} seconds. Nothing leaves this machine."
    )
    plan = Plan(home, parallelism=3, env=env, say=lambda line: _say(console, f"  {line}"))
    with whole_stack(plan) as whole:
        for name, address in whole.addresses.items():
            _say(console, f"  {name:<9} {address}")
        here = replace(settings.load({**whole.env}), home=home.resolve())
        parts = build(here)
        with _tended(whole.tend):
            _play(file, here, console)
            _wait(parts, week.end + AFTER, console)
        parts.sender.close()
        code = report(parts, console)
    _say(console, "\nEverything is stopped. The mails are here:")
    _say(console, f"  {whole.addresses['Outbox']}")
    _say(console, "What became of everybody is kept. To look around:")
    _say(console, f"  {how_to_join(whole.file)}   then e.g. aftercare status")
    return code


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def _without_nights(shipped: Path, path: Path) -> Path:
    """The shipped policy without quiet hours and holidays: with a week in two minutes, what is
    decided in the morning would always be sent at night, and held for it."""
    policy = yaml.safe_load(shipped.read_text(encoding="utf-8"))
    policy.pop("quiet_hours", None)
    path.write_text(yaml.safe_dump(policy | {"holidays": "send"}), encoding="utf-8")
    return path


def _write(lines: Iterable[Any], file: Path) -> Path:
    with file.open("wb") as out:
        for line in lines:
            out.write(line if isinstance(line, bytes) else msgspec.json.encode(line))
            out.write(b"\n")
    return file


@contextmanager
def _tended(tend: Callable[[], None]) -> Iterator[None]:
    """Nothing restarts by itself in the main thread while it plays; servers are tended between."""
    tend()
    yield
    tend()


def _play(file: Path, here: Settings, console: Console) -> None:
    from aftercare.sources.player import play_file

    console.print("playing the week to Kafka")
    play_file(file, here, console=console)


def _wait(parts: Parts, until: datetime, console: Console) -> None:
    """Until the care clock is past `until` and nothing is due or under way."""
    from aftercare.demo.progress import Standing, standing

    deadline: float | None = None
    with console.status("waiting until nothing is due") as status:
        while True:
            now = parts.clock.now()
            found: Standing = standing(parts, until)
            status.update(f"{now:%a %d %b %H:%M} (care time): {found}")
            if now >= until and found.idle:
                return
            if now >= until:
                deadline = deadline or time.monotonic() + PATIENCE
                if time.monotonic() > deadline:
                    console.print(f"still not idle after {PATIENCE:.0f} s: {found}")
                    return
            time.sleep(1)
