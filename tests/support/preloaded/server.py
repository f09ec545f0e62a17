"""The process that forks: it waits for requests, and says how the children ended."""

import os
import selectors
import signal
import socket
from dataclasses import dataclass
from typing import Any

from preloaded.request import ENDED, Request, receive, say


@dataclass
class Child:
    """A child, and whom its end is said to; it stays a zombie until that was read, as any does."""

    pid: int
    end: int
    """A descriptor that can be read when the child has ended; -1 once it was."""
    connection: socket.socket | None


@dataclass(frozen=True)
class Forked:
    """What a child is to become, in the child itself."""

    request: Request
    streams: list[int]
    connection: socket.socket


class Server:
    """Forks for those who connect to `listener`, until `life` can be read to its end."""

    def __init__(self, listener: socket.socket, life: int) -> None:
        self._listener = listener
        self._life = life
        self._children: list[Child] = []
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)
        self._selector.register(life, selectors.EVENT_READ)

    def serve(self) -> Forked | None:
        """Returns in each child what it is to become, and None here when all is over."""
        interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj == self._life:
                    return None
                if key.fileobj is self._listener:
                    forked = self._accept()
                    if forked is not None:
                        signal.signal(signal.SIGINT, interrupt)
                        return forked
                else:
                    self._follow(key.data, key.fileobj)

    def _accept(self) -> Forked | None:
        connection, _ = self._listener.accept()
        try:
            request, streams = receive(connection)
        except (EOFError, OSError):
            connection.close()
            return None
        pid = os.fork()
        if pid == 0:
            self._close()
            return Forked(request, streams, connection)
        for stream in streams:
            os.close(stream)
        child = Child(pid, os.pidfd_open(pid), connection)
        self._children.append(child)
        self._selector.register(child.end, selectors.EVENT_READ, child)
        self._selector.register(connection, selectors.EVENT_READ, child)
        return None

    def _follow(self, child: Child, source: Any) -> None:
        """Pass on that a child has ended, or note that nobody asks for it any more."""
        if source is child.connection:
            self._selector.unregister(source)
            source.close()
            child.connection = None
        elif source == child.end:
            self._selector.unregister(child.end)
            ended = os.waitid(os.P_PIDFD, child.end, os.WEXITED | os.WNOWAIT)
            assert ended is not None
            os.close(child.end)
            child.end = -1
            killed = ended.si_code != os.CLD_EXITED
            _say_end(child, -ended.si_status if killed else ended.si_status)
        if child.end == -1 and child.connection is None:
            os.waitpid(child.pid, 0)
            self._children.remove(child)

    def _close(self) -> None:
        """Give back, in a child, everything that belongs to its parent."""
        self._selector.close()
        self._listener.close()
        os.close(self._life)
        for child in self._children:
            if child.end != -1:
                os.close(child.end)
            if child.connection is not None:
                child.connection.close()
        self._children.clear()


def _say_end(child: Child, code: int) -> None:
    if child.connection is not None:
        try:
            say(child.connection, ENDED, code)
        except OSError:
            # Whoever asked is gone, which shows on the connection as well.
            return
