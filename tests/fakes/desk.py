"""A team's desk on loopback that hand-offs are posted to, and remembers what came."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec


@dataclass
class Post:
    """One request, as it came over the wire."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = msgspec.json.decode(self.raw)
        return found


@dataclass
class Desk:
    """`answers` are statuses for the next requests, then 204; `delay` machine seconds before each."""

    address: str = ""
    posts: list[Post] = field(default_factory=list)
    answers: deque[int] = field(default_factory=deque)
    delay: float = 0.0


@contextmanager
def desk() -> Iterator[Desk]:
    """A desk that answers until the block ends."""
    made = Desk()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            made.posts.append(Post(self.path, dict(self.headers.items()), raw))
            time.sleep(made.delay)
            status = made.answers.popleft() if made.answers else 204
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"{made.address}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *_: Any) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
