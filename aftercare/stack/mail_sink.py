"""`python -m aftercare.stack.mail_sink PORT FOLDER`: an SMTP server that keeps what it is given."""

import itertools
import os
import sys
import threading
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from aftercare.stack.ports import LOOPBACK


class KeepEverything:
    """Accepts every mail and writes it to `<folder>/<number>.eml`, whole or not at all."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._numbers = itertools.count(len(list(folder.glob("*.eml"))) + 1)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        path = self._folder / f"{next(self._numbers):06}.eml"
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes(envelope.original_content or b"")
        os.replace(unfinished, path)
        return f"250 kept as {path.stem}"


def main() -> None:
    """Serve until a signal ends the process."""
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    Controller(KeepEverything(folder), hostname=LOOPBACK, port=port).start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
