"""The simulator's sender: accepts every mail and sends none; keeps them on disk when asked."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from aftercare.clock import Clock, ManualClock
from aftercare.message import Mail
from aftercare.senders.outbox.sender import OutboxSender


class Kept(msgspec.Struct, frozen=True):
    """A mail and the care time at which it would have left."""

    at: datetime
    mail: Mail


class Listener:
    """Accepts every mail. `spool`: a file that keeps them, one a line."""

    name = "simulated"

    def __init__(self, clock: Clock, spool: Path | None) -> None:
        self._clock, self._spool = clock, spool
        self._file = spool.open("wb") if spool else None

    def send(self, mail: Mail) -> str:
        if self._file is not None:
            self._file.write(msgspec.json.encode(Kept(self._clock.now(), mail)) + b"\n")
        return f"simulated-{mail.follow_up_id}"

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def write_outbox(self, folder: Path) -> None:
        """Write what was kept as an outbox, to read. Raises TemporarySendError when it cannot."""
        self.close()
        clock = ManualClock(datetime.min.replace(tzinfo=UTC))
        outbox = OutboxSender(folder, clock)
        for kept in self._kept():
            clock.move_to(kept.at)
            outbox.send(kept.mail)
        outbox.close()

    def _kept(self) -> Iterator[Kept]:
        assert self._spool is not None
        with self._spool.open("rb") as lines:
            yield from (msgspec.json.decode(line, type=Kept) for line in lines)
