"""A mail catcher: an SMTP server on loopback whose mails end in a folder, never anywhere else."""

import email
import email.policy
import sys
from email.message import EmailMessage
from pathlib import Path

from aftercare.settings import ROOT
from aftercare.stack.ports import LOOPBACK, is_open
from aftercare.stack.process import Child
from aftercare.stack.server import Server


class MailCatcher(Server):
    """One SMTP sink; `folder` holds `000001.eml`, `000002.eml`, …"""

    name = "mail"

    @property
    def address(self) -> str:
        """Where to send mail, `host:port`."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def folder(self) -> Path:
        """The caught mails."""
        return self.home / "mails"

    def answers(self) -> bool:
        return is_open(self.port)

    def start(self) -> None:
        argv = [sys.executable, "-m", "aftercare.stack.mail_sink", str(self.port), str(self.folder)]
        self.child = Child(self.name, argv, log=self.log, cwd=ROOT)
        self.child.start()
        self.child.wait_until(self.answers, 20)

    def mails(self) -> list[EmailMessage]:
        """What was caught so far, oldest first."""
        return [_read(path) for path in sorted(self.folder.glob("*.eml"))]


def _read(path: Path) -> EmailMessage:
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
