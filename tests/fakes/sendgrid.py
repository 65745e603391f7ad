"""A SendGrid on loopback that counts what it accepted, by follow-up id.

In a test: `with FakeSendGrid() as fake:` and `fake.will("rate-limit", "accept")`: one behaviour a
request, then the default again. As a process, for tests that kill the sender:

    python -m tests.fakes.sendgrid --port 8025 --ledger accepted.txt [--behave accept-then-close]

Every accepted follow-up id is a line of the ledger, synced before the answer leaves; the count goes
on from the ledger after a restart. `POST /fake/will` takes a JSON list of behaviours and
`GET /fake/accepted` gives {follow_up_id: times}.
"""

import argparse
import json
import os
import sys
import threading
import uuid
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SPEC = Path(__file__).parents[3] / "shared" / "data" / "sendgrid" / "tsg_mail_v3.json"

ANSWERS: dict[str, tuple[int, str, dict[str, str]]] = {
    "refuse": (400, "Does not contain a valid address: ana@example.com", {}),
    "unauthorized": (401, "authorization required", {}),
    "forbidden": (403, "The from address does not match a verified Sender Identity", {}),
    "too-large": (413, "content too large", {}),
    "rate-limit": (429, "too many requests", {"Retry-After": "7"}),
    "error": (500, "internal server error", {}),
    "unavailable": (503, "service unavailable", {}),
}
"""Behaviours that answer in SendGrid's words and accept nothing."""

BARE = {"bare-500": 500, "bad-gateway": 502, "gateway-timeout": 504, "redirect": 302}
"""Behaviours of somebody in between: a page instead of SendGrid's words."""

SILENT = ("close", "accept-then-close", "hang", "accept-then-hang", "half-answer")
"""Behaviours without a whole answer; `half-answer` and those named accept-… do accept."""


class FakeSendGrid:
    """The server and its memory. `accepted` counts follow-up ids, `payloads` keeps what came,
    `connections` counts sockets. key: refuse any other API key when it is set."""

    def __init__(
        self, port: int = 0, ledger: Path | None = None, behave: str = "accept", key: str = ""
    ) -> None:
        self.accepted: Counter[str] = Counter()
        self.payloads: list[dict[str, Any]] = []
        self.requests = 0
        self.connections = 0
        self.behave, self.key, self._ledger = behave, key, ledger
        self._script: deque[str] = deque()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        if ledger is not None and ledger.exists():
            self.accepted.update(ledger.read_text().split())
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.fake = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def will(self, *behaviours: str) -> None:
        """Behave so for the next requests, one each."""
        for name in behaviours:
            assert name in ("accept", *ANSWERS, *BARE, *SILENT), f"unknown behaviour {name}"
        self._script.extend(behaviours)

    def __enter__(self) -> "FakeSendGrid":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve(self) -> None:
        """Serve until the process ends."""
        self._server.serve_forever()

    def next_behaviour(self) -> str:
        with self._lock:
            self.requests += 1
            return self._script.popleft() if self._script else self.behave

    def accept(self, body: dict[str, Any]) -> None:
        """Take responsibility: durable before anybody is told."""
        identity = body["personalizations"][0]["custom_args"]["follow_up_id"]
        with self._lock:
            if self._ledger is not None:
                with self._ledger.open("a") as file:
                    file.write(f"{identity}\n")
                    file.flush()
                    os.fsync(file.fileno())
            self.accepted[identity] += 1
            self.payloads.append(body)

    def wait_for_the_end(self) -> None:
        """Hang until the server is stopped."""
        self._closing.wait(60)

    def flaws(self, body: object) -> list[str]:
        """What SendGrid's OpenAPI file says against a body; nothing when the file is not here."""
        if self._validator is None:
            return []
        return [f"{error.json_path}: {error.message}" for error in self._errors(body)]

    def _errors(self, body: object) -> Iterator[Any]:
        return iter(self._validator.iter_errors(body))

    @cached_property
    def _validator(self) -> Any:
        return payload_validator() if SPEC.exists() else None


def payload_validator() -> Any:
    """A JSON Schema validator of the body of POST /v3/mail/send."""
    from jsonschema import Draft202012Validator

    schema = "#/components/requestBodies/PostMailSend/content/application~1json/schema"
    return Draft202012Validator({**json.loads(SPEC.read_text()), "$ref": schema})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    fake: FakeSendGrid

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that is killed hangs up; that is no fault of the provider's."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body leave in two writes; with Nagle's algorithm each answer takes 40 ms more.
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.fake.connections += 1

    def do_GET(self) -> None:
        self._say(200, self.server.fake.accepted)

    def do_POST(self) -> None:
        fake, body = self.server.fake, self._body()
        if self.path == "/fake/will":
            fake.will(*body)
            return self._say(200, {})
        if self.path != "/v3/mail/send":
            return self._errors(404, "not found")
        if fake.key and self.headers["Authorization"] != f"Bearer {fake.key}":
            return self._errors(401, "authorization required")
        flaws = fake.flaws(body)
        if flaws:
            return self._errors(400, *flaws)
        return self._behave(fake.next_behaviour(), body)

    def _behave(self, behaviour: str, body: dict[str, Any]) -> None:
        fake = self.server.fake
        if behaviour in ANSWERS:
            status, words, headers = ANSWERS[behaviour]
            return self._errors(status, words, headers=headers)
        if behaviour in BARE:
            return self._say(BARE[behaviour], None, {"Location": "/elsewhere"})
        if behaviour.startswith("accept") or behaviour == "half-answer":
            fake.accept(body)
        if behaviour == "accept":
            sandbox = body.get("mail_settings", {}).get("sandbox_mode", {}).get("enable")
            headers = {} if sandbox else {"X-Message-Id": uuid.uuid4().hex[:22]}
            return self._say(200 if sandbox else 202, None, headers)
        if behaviour.endswith("hang"):
            fake.wait_for_the_end()
        if behaviour == "half-answer":
            self.wfile.write(b"HTTP/1.1 2")
        self.close_connection = True
        return None

    def _body(self) -> Any:
        length = int(self.headers["Content-Length"] or 0)
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionError("the client hung up in the middle of its request")
        return json.loads(body)

    def _errors(self, status: int, *words: str, headers: dict[str, str] | None = None) -> None:
        errors = [{"message": each, "field": None} for each in words]
        self._say(status, {"errors": errors}, headers)

    def _say(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        with suppress(BrokenPipeError, ConnectionResetError):
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing: tests read the memory."""


def main() -> None:
    """Serve as a process; prints its address once it listens."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.sendgrid")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--ledger", type=Path)
    parser.add_argument("--behave", default="accept")
    parser.add_argument("--key", default="")
    given = parser.parse_args()
    fake = FakeSendGrid(given.port, given.ledger, given.behave, given.key)
    print(fake.url, flush=True)
    with suppress(KeyboardInterrupt):
        fake.serve()


if __name__ == "__main__":
    main()
