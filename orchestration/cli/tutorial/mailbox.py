"""Receives the alerts of the demo, as a webhook of the reader's own would."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, SimpleQueue

import orjson

MOST_BYTES = 1 << 20


@dataclass(frozen=True)
class Mail:
    """An alert as it arrived: its kind (`opened`, `resolved`), severity and title."""

    kind: str
    severity: str
    title: str


class Mailbox:
    """The address that alerts are posted to, and what came."""

    def __init__(self, url: str, received: "SimpleQueue[Mail]") -> None:
        self.url = url
        self._received = received

    def empty(self) -> list[Mail]:
        """Take out what has come since the last call, in order."""
        mails: list[Mail] = []
        while True:
            try:
                mails.append(self._received.get_nowait())
            except Empty:
                return mails


@contextmanager
def open_mailbox() -> Iterator[Mailbox]:
    """Receive alerts on a free port of loopback until the end of the block."""
    received: SimpleQueue[Mail] = SimpleQueue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Take a message in; the sender tries again where the answer is not 2xx."""
            length = min(int(self.headers.get("content-length", 0)), MOST_BYTES)
            message = orjson.loads(self.rfile.read(length))
            content = message["data"]
            kind = message["type"].removeprefix("alert.")
            received.put(Mail(kind, content["severity"], content["title"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield Mailbox(f"http://127.0.0.1:{server.server_address[1]}/alerts", received)
        finally:
            server.shutdown()
            thread.join()
