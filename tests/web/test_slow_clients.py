"""Clients that open connections and let the server wait lose them, and nobody else does."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import worlds
from addresses import calls_from
from databases import Warehouse
from servers import TOKEN, HealthServer, serving

START = b"POST /admin/login HTTP/1.1\r\nHost: localhost\r\n"
HEAD = START + b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 5000\r\n\r\n"
WHOLE = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
PER_ADDRESS, TOTAL = 20, 60


@pytest.fixture(scope="module")
def bounded(world: Warehouse) -> Iterator[HealthServer]:
    worlds.healthy(world)
    limits = {
        "META_ADS_REQUEST_SECONDS": "1",
        "META_ADS_CONNECTIONS": str(TOTAL),
        "META_ADS_CONNECTIONS_PER_ADDRESS": str(PER_ADDRESS),
        "META_ADS_TRUSTED_PROXIES": "127.0.0.9",
    }
    with serving(world, TOKEN, **limits) as server:
        yield server


def opened(server: HealthServer, address: str = "127.0.0.1", text: bytes = b"") -> socket.socket:
    host, port = server.url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), 10, source_address=(address, 0))
    connection.sendall(text)
    return connection


def is_closed(connection: socket.socket) -> bool:
    """Whether the server ended it, now or within the time that the connection waits."""
    try:
        while connection.recv(65536):
            pass
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    return True


def trickle(connection: socket.socket, text: bytes) -> bool:
    """Whether the server ended it while a byte came every tenth of a second."""
    for number in range(60):
        try:
            connection.sendall(text[number : number + 1])
        except ConnectionError:
            return True
        time.sleep(0.1)
    return False


def test_three_hundred_unfinished_requests_do_not_stay_and_hold_up_nobody(
    bounded: HealthServer,
) -> None:
    with ExitStack() as stack:
        slow = [stack.enter_context(opened(bounded, text=START)) for _ in range(300)]
        for address in ("127.0.0.1", "127.0.0.2"):
            with calls_from(address) as session:
                bearer = {"Authorization": f"Bearer {TOKEN}"}
                answer = session.get(f"{bounded.url}/openapi.json", headers=bearer, timeout=5)
                assert answer.status_code == 200
        assert all(is_closed(connection) for connection in slow)


@pytest.mark.parametrize(
    ("before", "slowly"),
    [
        (b"", START + b"X-Slow: " + b"a" * 100),
        (HEAD, b"token=" + b"a" * 100),
        # The next request of a connection that was answered.
        (WHOLE, START + b"X-Slow: " + b"a" * 100),
        (WHOLE, b"\r\n" * 50),
    ],
    ids=["headers", "body", "next-headers", "line-ends"],
)
def test_a_request_that_comes_byte_by_byte_is_ended(
    before: bytes, slowly: bytes, bounded: HealthServer
) -> None:
    with opened(bounded, text=before) as connection:
        assert trickle(connection, slowly)


def test_headers_without_end_are_not_kept(bounded: HealthServer) -> None:
    with opened(bounded, text=START) as connection, pytest.raises(ConnectionError):
        pour(connection)
    with opened(bounded, text=START + b"X-Long: " + b"a" * 30_000 + b"\r\n\r\n") as fitting:
        assert fitting.recv(12) == b"HTTP/1.1 401"


def pour(connection: socket.socket) -> None:
    for _ in range(200):
        connection.sendall(b"X-Long: " + b"a" * 8000 + b"\r\n")
        # Less than the second after which any unfinished request ends.
        time.sleep(0.002)


def test_one_address_takes_no_place_of_another(bounded: HealthServer) -> None:
    with ExitStack() as stack:
        other = answered(stack, bounded, "127.0.0.3")
        many = [answered(stack, bounded, "127.0.0.4") for _ in range(3 * PER_ADDRESS)]
        assert left_open(many) == many[-PER_ADDRESS:]
        other.sendall(WHOLE)
        assert is_answered(other)


def test_a_declared_proxy_may_have_more_and_the_total_holds(bounded: HealthServer) -> None:
    with ExitStack() as stack:
        many = [answered(stack, bounded, "127.0.0.9") for _ in range(2 * TOTAL)]
        assert left_open(many) == many[-TOTAL:]


def answered(stack: ExitStack, server: HealthServer, address: str) -> socket.socket:
    """A connection over which one request was answered."""
    connection = stack.enter_context(opened(server, address, WHOLE))
    assert is_answered(connection)
    return connection


def is_answered(connection: socket.socket) -> bool:
    """Whether the whole answer comes; it may come in two parts."""
    text = b""
    while b"}" not in text and (part := connection.recv(65536)):
        text += part
    return text.startswith(b"HTTP/1.1 200")


def left_open(connections: list[socket.socket]) -> list[socket.socket]:
    """Those that the server did not end."""
    for connection in connections:
        connection.settimeout(0.005)
    return [connection for connection in connections if not is_closed(connection)]
