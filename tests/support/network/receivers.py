"""HTTP servers on loopback that receive what Slack or a webhook would get.

They record each request and answer as the test tells them, so that it sees both sides.
"""

import json
import socket
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self

HOST = "127.0.0.1"
WAIT_SECONDS = 30.0
"""How long a test waits for what must come; a test that passes never waits so long."""


def closed_port() -> int:
    """A port of loopback on which nothing listens."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Answer:
    """What a receiver answers: an HTTP status, nothing at all, or the end of the connection."""

    status: int | Literal["hang", "close"] = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"ok"


@dataclass(frozen=True)
class Received:
    """A request; the names of its headers are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class HttpReceiver:
    """A server that gives each of `answers` to one request, and `default` to all later ones."""

    def __init__(self, default: Answer | None = None) -> None:
        self.default = default or Answer()
        self.answers: deque[Answer] = deque()
        self.requests: list[Received] = []
        self._arrived = threading.Condition()
        self._over = threading.Event()

    def __enter__(self) -> Self:
        self._server = _HttpServer((HOST, 0), _handler(self))
        self.url = f"http://{HOST}:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, *answers: Answer | int) -> None:
        """Set the answers to the next requests; a number is a status without a body."""
        for answer in answers:
            self.answers.append(Answer(answer, body=b"") if isinstance(answer, int) else answer)

    def wait_for(self, count: int, seconds: float = WAIT_SECONDS) -> list[Received]:
        """Wait until so many requests have come, and return them."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.requests) >= count, seconds)
            return list(self.requests)

    def take(self, request: Received) -> Answer:
        """Record a request and choose its answer."""
        with self._arrived:
            self.requests.append(request)
            self._arrived.notify_all()
            return self.answers.popleft() if self.answers else self.default

    def hang(self) -> None:
        """Wait until the receiver ends."""
        self._over.wait()


class _HttpServer(ThreadingHTTPServer):
    # Every answer is finished before the test ends, also one that hung.
    daemon_threads = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log nothing: some tests are about clients that hang up."""


def _handler(receiver: HttpReceiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = WAIT_SECONDS

        def _take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = receiver.take(Received(self.command, self.path, headers, body))
            if answer.status == "hang":
                receiver.hang()
            elif answer.status != "close":
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = _take

        def log_message(self, *_: Any) -> None:
            """Log nothing: the paths are secrets."""

    return Handler
