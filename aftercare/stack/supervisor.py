"""Several processes that belong together: start, health, restart of what dies, a clean stop."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from aftercare.stack.process import Child

LONGEST_PAUSE = 30.0
SETTLED = 60.0


@dataclass(frozen=True)
class Service:
    """One process to keep alive. `env` is its whole environment; None inherits ours.

    `healthy` says when it is ready, within `patience` seconds; `cwd` None is ours. `final`: exit
    codes after which starting it again mends nothing.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] | None = None
    healthy: Callable[[], bool] = field(default=lambda: True)
    patience: float = 60.0
    cwd: Path | None = None
    final: frozenset[int] = frozenset()


@dataclass
class _Kept:
    """A service with its process, and how eagerly to bring it back."""

    service: Service
    child: Child
    started: float
    pause: float = 1.0
    due: float | None = None
    died: float | None = None


def _silent(line: str) -> None:
    """Says nothing."""


class Supervisor:
    """Keeps services alive for as long as somebody calls `tend()`; logs to `<logs>/<name>.log`."""

    def __init__(
        self,
        logs: Path,
        say: Callable[[str], None] = _silent,
        machine_time: Callable[[], float] = time.monotonic,
    ) -> None:
        self._logs = logs
        self._say = say
        self._machine_time = machine_time
        self._kept: list[_Kept] = []

    @property
    def pids(self) -> dict[str, int]:
        """The process ids of what runs, by service name."""
        return {k.service.name: k.child.pid for k in self._kept if k.child.alive and k.child.pid}

    @property
    def all_alive(self) -> bool:
        """True while every service that was started runs."""
        return all(kept.child.alive for kept in self._kept)

    def start(self, services: Sequence[Service]) -> None:
        """Start these side by side and wait until each is healthy. Raises StackError."""
        fresh = [self._launch(service) for service in services]
        self._kept += fresh
        for kept in fresh:
            kept.child.wait_until(kept.service.healthy, kept.service.patience, "healthy")

    def adopt(self, child: Child, healthy: Callable[[], bool]) -> None:
        """Keep alive a process that somebody else has started, and stops at the end."""
        service = Service(child.name, child.argv, healthy=healthy)
        self._kept.append(_Kept(service, child, self._machine_time()))

    def tend(self) -> None:
        """Restart what has died; call it about once a second, from the thread that started it.

        A service that keeps dying is given longer and longer pauses, up to half a minute.
        """
        moment = self._machine_time()
        for kept in self._kept:
            if kept.child.alive:
                self._welcome(kept, moment)
            elif kept.due is None:
                self._mourn(kept, moment)
            elif moment >= kept.due:
                kept.child.start()
                kept.started, kept.due = moment, None

    def stop(self, grace: float = 15.0) -> None:
        """End everything side by side; what does not listen within `grace` seconds is killed."""
        for kept in reversed(self._kept):
            kept.child.ask_to_stop()
        deadline = time.monotonic() + grace
        for kept in reversed(self._kept):
            kept.child.stop(max(0.1, deadline - time.monotonic()))
        self._kept.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _launch(self, service: Service) -> _Kept:
        child = Child(
            service.name,
            service.argv,
            log=self._logs / f"{service.name}.log",
            env=dict(os.environ) if service.env is None else service.env,
            cwd=service.cwd,
        )
        child.start()
        return _Kept(service, child, self._machine_time())

    def _welcome(self, kept: _Kept, moment: float) -> None:
        if kept.died is not None and kept.service.healthy():
            self._say(f"{kept.service.name} is well again after {moment - kept.died:.0f} s")
            kept.died = None

    def _mourn(self, kept: _Kept, moment: float) -> None:
        kept.child.kill()  # what it left behind would hold its port or its lock
        if moment - kept.started > SETTLED:
            kept.pause = 1.0
        kept.died = moment if kept.died is None else kept.died
        if kept.child.exit_code in kept.service.final:
            kept.due = float("inf")
            self._say(
                f"{kept.service.name} ended with code {kept.child.exit_code}; starting it again would "
                f"mend nothing: its log says what does ({kept.child.log})"
            )
            return
        kept.due = moment + kept.pause
        self._say(
            f"{kept.service.name} ended with code {kept.child.exit_code}; starting it again in "
            f"{kept.pause:.0f} s (log: {kept.child.log})"
        )
        kept.pause = min(kept.pause * 2, LONGEST_PAUSE)
