"""An HTTP adapter with an end: a call is over after so many seconds, whatever still trickles in.

A read timeout counts from byte to byte; a server that sends one byte a second never meets it. Here
a timer cuts the connection, which also ends a call that is to be given up.
"""

import socket
import threading
from contextlib import suppress
from typing import Any
from weakref import WeakSet

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

MAX_BODY_BYTES = 256 * 1024 * 1024
"""No page of rows comes near; an answer without an end would fill the memory."""
_CHUNK_BYTES = 1 << 20


class DeadlineAdapter(HTTPAdapter):
    """Sends requests that end after `seconds`, body included; for one thread at a time."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._sockets: WeakSet[Any] = WeakSet()
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """As usual, with connections that are known here."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pools(self._sockets)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """The same behind a proxy."""
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _pools(self._sockets)
        return manager

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        """The response with its body read.

        Raises:
            requests.Timeout: it took longer.
            requests.RequestException: as usual, or the body is too long.
        """
        over = threading.Event()
        timer = threading.Timer(self.seconds, self._end, [over])
        timer.daemon = True
        timer.start()
        try:
            response = super().send(request, *args, **kwargs)
            response._content = _body(response)
            return response
        except requests.RequestException:
            if over.is_set():
                raise requests.Timeout(f"no whole answer in {self.seconds:.0f} s") from None
            raise
        finally:
            timer.cancel()

    def cut(self) -> None:
        """Break off the call that is under way, from another thread."""
        for sock in list(self._sockets):
            with suppress(OSError):
                # Not the TLS socket's own: it would leave the reading thread without an object.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def _end(self, over: threading.Event) -> None:
        over.set()
        self.cut()


def _body(response: requests.Response) -> bytes:
    chunks, length = [], 0
    for chunk in response.iter_content(_CHUNK_BYTES):
        chunks.append(chunk)
        length += len(chunk)
        if length > MAX_BODY_BYTES:
            response.close()
            raise requests.exceptions.ContentDecodingError("the answer has no end")
    return b"".join(chunks)


def _pools(sockets: WeakSet[Any]) -> dict[str, Any]:
    """Pool classes whose connections leave their sockets in `sockets`."""

    class Plain(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            sockets.add(self.sock)

    class Secure(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            sockets.add(self.sock)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
