"""An HTTP adapter that limits the time of a whole call, however slowly its bytes arrive.

A read timeout counts from byte to byte; a server that sends one byte a second never exceeds it.
Here a timer cuts the connection. A call can also be broken off from another thread in this way.
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
"""Far more than any page of rows; an endless answer would fill the memory."""
_CHUNK_BYTES = 1 << 20


class DeadlineAdapter(HTTPAdapter):
    """Sends requests that end after `seconds`, body included; for one thread at a time."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._sockets: WeakSet[Any] = WeakSet()
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """As in the base class, with connections whose sockets are remembered here."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pools(self._sockets)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """The same for connections through a proxy."""
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _pools(self._sockets)
        return manager

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        """The response with its body read.

        Raises:
            requests.Timeout: the call took longer.
            requests.RequestException: as in the base class, or the body is too long.
        """
        is_over = threading.Event()
        timer = threading.Timer(self.seconds, self._end, [is_over])
        timer.daemon = True
        timer.start()
        try:
            response = super().send(request, *args, **kwargs)
            response._content = _body(response)
            return response
        except requests.RequestException:
            if is_over.is_set():
                raise requests.Timeout(f"no whole answer in {self.seconds:.0f} s") from None
            raise
        finally:
            timer.cancel()

    def cut(self) -> None:
        """Break off the call that is under way, from another thread."""
        for sock in list(self._sockets):
            with suppress(OSError):
                # Not the TLS socket's own method: it would take the TLS object from the reader.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def _end(self, is_over: threading.Event) -> None:
        is_over.set()
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
    """Pool classes whose connections add their sockets to `sockets`."""

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
