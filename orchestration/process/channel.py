"""A channel between two processes of the program: objects go through a socket as pickles."""

import pickle
import socket
from contextlib import suppress
from select import poll
from typing import Any

LOST = (OSError, EOFError, ValueError, pickle.UnpicklingError)
"""What `send` and `receive` raise when the other process is gone, or the channel is closed."""


def pack(message: Any) -> bytes:
    """An object in the form in which it is sent.

    Raises:
        Exception: the object cannot be sent, such as one that is nested too deep.
    """
    return pickle.dumps(message, pickle.HIGHEST_PROTOCOL)


class Channel:
    """One end of a channel. Only for processes that this program started itself."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._incoming, self._outgoing = end.makefile("rb"), end.makefile("wb")

    @property
    def is_open(self) -> bool:
        """Whether the other process has its end open; it may be gone the next moment."""
        other_end = poll()
        other_end.register(self._socket, 0)
        return not other_end.poll(0)

    def send(self, message: Any) -> None:
        """Send an object; waits while the other process does not read.

        Raises:
            OSError, ValueError: the other process is gone, or the channel is closed.
        """
        self.send_packed(pack(message))

    def send_packed(self, message: bytes) -> None:
        """Send what `pack` made; as `send`."""
        self._outgoing.write(message)
        self._outgoing.flush()

    def receive(self) -> Any:
        """Wait for the next object.

        Raises:
            OSError, EOFError, UnpicklingError: the other process is gone.
            ValueError: the channel is closed.
        """
        return pickle.load(self._incoming)

    def close(self, seconds: float = 0.0) -> None:
        """Close it, and wait up to so many seconds for the other process to close its end.

        A thread that waits for an object gets an error.
        """
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
            # Nothing is read here: what still comes belongs to the thread that waits for it.
            other_end = poll()
            other_end.register(self._socket, 0)
            other_end.poll(seconds * 1000)
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        for part in (self._incoming, self._outgoing, self._socket):
            with suppress(OSError):
                part.close()
