"""What a process asks of the one that forks for it, and how both say it over a Unix socket."""

import pickle
import secrets
import socket
import struct
from dataclasses import dataclass

LENGTH = struct.Struct("!I")
STARTED, ENDED = "started", "ended"
MOST_DESCRIPTORS = 16


@dataclass(frozen=True, kw_only=True)
class Request:
    """A program to run: the words after `python`, and what the process has beside its streams."""

    words: list[str]
    environment: dict[str, str]
    folder: str
    umask: int
    group: int
    """The process group to join, unless the session is new."""
    is_new_session: bool
    passed: tuple[int, ...] = ()
    """Numbers of the descriptors that it has beside its streams."""


def listen() -> tuple[str, socket.socket]:
    """A listening socket and its address, which is no file: nothing of it can be left over."""
    address = f"\0meta-ads-tests-{secrets.token_hex(12)}"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(64)
    return address, listener


def connect(address: str) -> socket.socket:
    """A connection to the process that listens there; it is used for one request."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(address)
    return connection


def send(connection: socket.socket, request: Request, streams: list[int]) -> None:
    """Send a request with the descriptors of stdin, stdout and stderr, and those passed on."""
    body = pickle.dumps(request)
    socket.send_fds(connection, [LENGTH.pack(len(body))], [*streams, *request.passed])
    connection.sendall(body)


def receive(connection: socket.socket) -> tuple[Request, list[int]]:
    """The request that was sent, and its descriptors: the streams first.

    Raises:
        EOFError: the other side went away.
    """
    length, streams, _, _ = socket.recv_fds(connection, LENGTH.size, MOST_DESCRIPTORS)
    if len(length) < LENGTH.size:
        raise EOFError
    with connection.makefile("rb") as incoming:
        request = pickle.loads(incoming.read(LENGTH.unpack(length)[0]))
    assert isinstance(request, Request)
    return request, streams


def say(connection: socket.socket, what: str, number: int) -> None:
    """Tell the other side that the program started (its pid) or ended (its exit code)."""
    connection.sendall(f"{what} {number}\n".encode())


def hear(connection: socket.socket) -> tuple[str, int]:
    """The next thing that is said.

    Raises:
        EOFError: the other side went away.
    """
    line = b""
    while not line.endswith(b"\n"):
        piece = connection.recv(1)
        if not piece:
            raise EOFError
        line += piece
    what, _, number = line.decode().partition(" ")
    return what, int(number)
