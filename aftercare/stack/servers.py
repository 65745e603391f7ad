"""The servers of a stack: what dies is started again, as long as it still holds what it held."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

from aftercare.stack.errors import StackError
from aftercare.stack.server import Server
from aftercare.stack.supervisor import Supervisor

AnyServer = TypeVar("AnyServer", bound=Server)


class Servers:
    """Starts servers into `open_parts`, which stops them; `say` hears of every restart."""

    def __init__(self, open_parts: ExitStack, logs: Path, say: Callable[[str], None]) -> None:
        self._open_parts = open_parts
        self._supervisor = Supervisor(logs, say)
        self._forgetful: list[Server] = []

    def start(self, server: AnyServer) -> AnyServer:
        """Start one and keep it alive from here on. Raises StackError."""
        try:
            self._open_parts.enter_context(server)
        except OSError as error:
            raise StackError(f"{server.name} cannot be started: {error}") from error
        if server.remembers and server.child:
            self._supervisor.adopt(server.child, server.answers)
        else:
            self._forgetful.append(server)
        return server

    @property
    def pids(self) -> dict[str, int]:
        """The process ids of what is kept alive, by the server's name."""
        return self._supervisor.pids

    def tend(self) -> None:
        """Start again what has died; call it about once a second. Raises StackError when that was
        a server that forgets: the others would go on with what is no more."""
        for server in self._forgetful:
            server.tend()
        self._supervisor.tend()
