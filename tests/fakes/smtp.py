"""An SMTP server that does what a test tells it, one line at a time.

`FakeSmtp({"RCPT": "550 no such user"})` answers so to every RCPT; the keys are the commands, and
`hello` for the greeting, `dot` for the answer to the whole mail. The value `CLOSE` hangs up.
"""

import socketserver
import threading
from collections.abc import Mapping

CLOSE = "close"

_POLITE = {
    "hello": "220 fake",
    "EHLO": "250-fake\r\n250-8BITMIME\r\n250 SMTPUTF8",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go on",
    "dot": "250 kept",
    "RSET": "250 ok",
    "NOOP": "250 ok",
    "QUIT": "221 bye",
}


class FakeSmtp:
    """`answers` may be changed between mails; `mails` holds what was accepted, dots undone."""

    def __init__(self, answers: Mapping[str, str] | None = None) -> None:
        self.answers = _POLITE | dict(answers or {})
        self.mails: list[bytes] = []
        self.commands: list[str] = []
        self.connections = 0
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.fake = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def __enter__(self) -> "FakeSmtp":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    fake: FakeSmtp


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        fake = self.server.fake
        fake.connections += 1
        going = self._answer("hello")
        while going and (line := self.rfile.readline()):
            fake.commands.append(line.decode().strip())
            command = line.decode().split()[0].upper()
            going = self._answer(command) and command != "QUIT"
            if going and command == "DATA" and fake.answers["DATA"].startswith("354"):
                going = self._data()

    def _data(self) -> bool:
        fake, lines = self.server.fake, []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        if line and fake.answers["dot"].startswith("250"):
            fake.mails.append(b"".join(lines))
        return self._answer("dot")

    def _answer(self, moment: str) -> bool:
        answer = self.server.fake.answers.get(moment, "502 not here")
        if answer == CLOSE:
            return False
        self.wfile.write(f"{answer}\r\n".encode())
        return True
