"""Sockets on which the project's servers listen, with a clear error where a port is in use."""

import errno
import socket

from orchestration.errors import UsageError


def listener(host: str, port: int, option: str = "--port") -> socket.socket:
    """A socket that listens at an address; port 0 stands for any free port.

    Raises:
        UsageError: the port cannot be used; names the option that chooses another.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio turns Nagle's algorithm off: 40 ms less for every page.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen()
    except (OSError, OverflowError) as error:
        bound.close()
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise UsageError(
                f"Port {port} of {host} is in use: choose another with {option}, or 0 for any free "
                "one."
            ) from None
        raise UsageError(f"Port {port} of {host} cannot be used: {error}.") from None
    return bound
