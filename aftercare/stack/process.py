"""One child process: its own process group, its log file, a clean end."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from aftercare.stack.death import die_with_parent
from aftercare.stack.errors import StackError
from aftercare.stack.waiting import wait_until

LAST_LINES = 15


class Child:
    """A command that runs in its own process group and writes to `log`.

    `user` is a system user to become (only root may). `stop_signal` ends it politely; after a
    grace period the whole group is killed. It also ends when this process ends.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.name = name
        self.argv = list(argv)
        self.log = log
        self.env = env
        self.cwd = cwd
        self.user = user
        self.stop_signal = stop_signal
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id, or None before the start."""
        return self._process.pid if self._process else None

    @property
    def exit_code(self) -> int | None:
        """How it ended: None while it runs or was never started."""
        return self._process.poll() if self._process else None

    @property
    def alive(self) -> bool:
        """True while the process runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it. Raises StackError when the command cannot be run at all."""
        try:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            with self.log.open("ab") as log:
                self._process = self._spawn(log)
        except (OSError, subprocess.SubprocessError) as error:
            raise StackError(f"{self.name} cannot be started: {error}") from error

    def wait_until(self, ready: Callable[[], bool], seconds: float, what: str = "ready") -> None:
        """Wait for a condition. Raises StackError with the last log lines when it does not come."""
        if wait_until(lambda: not self.alive or ready(), seconds) and self.alive:
            return
        if self.alive:
            raise StackError(f"{self.name} was not {what} after {seconds:.0f} s.{self._last()}")
        raise StackError(f"{self.name} ended with code {self.exit_code}.{self._last()}")

    def stop(self, grace: float = 15.0) -> None:
        """End it and everything it started: politely first, then for certain. Safe to repeat."""
        if self._process is None:
            return
        if self.alive:
            self.ask_to_stop()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(grace)
        self.kill()

    def ask_to_stop(self) -> None:
        """Send the polite signal and do not wait, so that several can end side by side."""
        if self._process is not None and self.alive:
            self._process.send_signal(self.stop_signal)

    def kill(self) -> None:
        """End the whole group at once, as a crash would."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _spawn(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.argv,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=None if self.env is None else dict(self.env),
            cwd=self.cwd,
            start_new_session=True,
            preexec_fn=die_with_parent(self.stop_signal),
            user=self.user,
            group=self.user,
            extra_groups=[] if self.user else None,
        )

    def _last(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        return "\n".join([f" Log {self.log}, at its end:", *(f"  {line}" for line in lines)])
