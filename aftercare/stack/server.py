"""What every server has in common: a home, an address, start and stop."""

import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from aftercare.stack.errors import StackError
from aftercare.stack.ports import free_port
from aftercare.stack.process import Child


class Server:
    """A server that runs as one child process. Without a `home` it lives in a temporary folder,
    without a `port` on a free one.

    Subclasses set `name`, give `address`, and write `start()` so that it returns when the server
    answers. Used as a context manager it is stopped for certain.
    """

    name = "server"
    remembers = True
    """Whether what it holds outlives its process, so that it may simply be started again."""

    def __init__(self, home: Path | None = None, port: int | None = None) -> None:
        self.port = port or free_port()
        self._temporary = home is None
        self.home = home.resolve() if home else Path(tempfile.mkdtemp(prefix="aftercare-"))
        self.child: Child | None = None

    @classmethod
    def available(cls) -> str | None:
        """None when it can run on this machine, otherwise why not and what would help."""
        return None

    @property
    def address(self) -> str:
        """Where clients reach it."""
        raise NotImplementedError

    @property
    def log(self) -> Path:
        """The file with everything it says."""
        return self.home / f"{self.name}.log"

    @property
    def alive(self) -> bool:
        """True while the process runs."""
        return self.child is not None and self.child.alive

    def answers(self) -> bool:
        """True when it takes requests."""
        return self.alive

    def start(self) -> None:
        """Start and wait until it answers. Raises StackError."""
        raise NotImplementedError

    def tend(self) -> None:
        """Call it now and then while it runs. Raises StackError when it has ended by itself."""
        if not self.alive:
            raise StackError(f"{self.name} ended by itself; see {self.log}")

    def stop(self) -> None:
        """Stop it; a temporary home is removed."""
        if self.child:
            self.child.stop()
        if self._temporary:
            shutil.rmtree(self.home, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
