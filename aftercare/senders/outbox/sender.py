"""The outbox as a sender: "accepted" means that the .eml file is there under its final name."""

import logging
import re
import time
from pathlib import Path

from aftercare.clock import Clock
from aftercare.errors import PermanentSendError, TemporarySendError
from aftercare.message import Mail
from aftercare.senders.outbox.files import find, keep
from aftercare.senders.outbox.page import build_index

log = logging.getLogger(__name__)

_SAFE_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
_REBUILD_EVERY = 2.0
"""Machine seconds: the page follows a long run without costing each mail a rebuild."""


class OutboxSender:
    """Writes `<folder>/<yyyy-mm-dd>/<follow_up_id>.eml`, with .html and .txt beside it to read.

    The day is the care clock's, in UTC. One follow-up id is written once, whoever asks and however
    often. `clock` may be replaced (the simulator sets its own).
    """

    name = "outbox"

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.folder = folder
        self.clock = clock
        self._built_at = time.monotonic()

    def send(self, mail: Mail) -> str:
        """Keep one mail; returns its follow-up id, also when it was kept before.

        Raises TemporarySendError when the folder cannot be written (disk full, rights), and
        UnknownSendError when the file is there but the disk did not confirm it.
        """
        if not _SAFE_NAME.fullmatch(mail.follow_up_id):
            raise PermanentSendError("the follow-up id is no file name; it should be a UUID")
        try:
            keep(self.folder, mail, self.clock.now())
        except OSError as error:
            raise TemporarySendError(
                f"the outbox {self.folder} cannot be written: {error.strerror or error}; "
                "make room or mend its rights"
            ) from error
        if time.monotonic() - self._built_at > _REBUILD_EVERY:
            self._build()
        return mail.follow_up_id

    def was_accepted(self, follow_up_id: str) -> bool:
        """Whether this follow-up was kept: the outbox can always tell."""
        return find(self.folder, follow_up_id) is not None

    def close(self) -> None:
        """Bring the page up to date; the sender may be used again afterwards."""
        self._build()

    def _build(self) -> None:
        self._built_at = time.monotonic()
        try:
            build_index(self.folder)
        except OSError as error:
            # The page is made from the kept mails and can be made again; a mail's fate cannot
            # hang on it.
            log.warning("the outbox page could not be written: %s", error.strerror or error)
