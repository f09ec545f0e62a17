"""A channel between two processes of the program: objects go through a socket as pickles."""

import pickle
import socket
from contextlib import suppress
from typing import Any

LOST = (OSError, EOFError, pickle.UnpicklingError)
"""What `send` and `receive` raise when the process at the other end is gone."""


class Channel:
    """One end of a channel. Only for processes that this program started itself."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._incoming, self._outgoing = end.makefile("rb"), end.makefile("wb")

    def send(self, message: Any) -> None:
        """Send an object; waits while the other process does not read.

        Raises:
            OSError: the other process is gone.
        """
        pickle.dump(message, self._outgoing, pickle.HIGHEST_PROTOCOL)
        self._outgoing.flush()

    def receive(self) -> Any:
        """Wait for the next object.

        Raises:
            OSError, EOFError, UnpicklingError: the other process is gone.
        """
        return pickle.load(self._incoming)

    def close(self, seconds: float = 0.0) -> None:
        """Close it, and wait up to so many seconds for the other process to close its end.

        A thread that waits for an object gets an error.
        """
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
            self._socket.settimeout(seconds or None)
            while seconds and self._socket.recv(1 << 16):
                pass
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
