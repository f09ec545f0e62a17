"""Limits on connections: how long a request may take to arrive, and how many may be open.

uvicorn only closes connections that are idle between two requests. One that sends its headers byte
by byte would stay open for ever, and a few hundred of those would keep everybody else out.
"""

import asyncio
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, ClassVar, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

LONGEST_HEAD = 64 * 1024
"""Bytes of a request's first line and headers; cookies of other servers of this host included."""
UNREAD_SECONDS = 60.0
"""How long a response may wait for its client to read it."""
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\ncontent-length: 0\r\n\r\n"


@dataclass(frozen=True)
class Limits:
    """The limits of a server.

    Attributes:
        seconds: how long the headers of a request may take to arrive, and again its body.
        total: how many connections may be open.
        per_address: how many of one client.
        unlimited: addresses or networks (of proxies) that only the total limits.
    """

    seconds: float
    total: int
    per_address: int
    unlimited: tuple[str, ...] = ()


def network_of(address: str) -> str:
    """The addresses that count as one client: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ip_network((parsed, 64), strict=False))


class Connections:
    """The open connections of one server, and which of them wait for their client.

    A new connection above a limit closes the one that has waited longest for its client. So the
    connections that are slow on purpose go first, and one that is being served stays.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._unlimited = [ip_network(network, strict=False) for network in limits.unlimited]
        self._open: dict[asyncio.Transport, str] = {}
        self._count: dict[str, int] = {}
        self._waiting: dict[asyncio.Transport, BoundedHttp] = {}

    def opened(self, protocol: "BoundedHttp", address: str) -> None:
        """Count a new connection; if there are too many, close the one that has waited longest."""
        network = network_of(address)
        self._open[protocol.transport] = network
        self._count[network] = self._count.get(network, 0) + 1
        self._waiting[protocol.transport] = protocol
        if self._count[network] > self.limits.per_address and not self._is_unlimited(address):
            self._close_longest_waiting(network)
        elif len(self._open) > self.limits.total:
            self._close_longest_waiting(None)

    def waits_for_client(self, protocol: "BoundedHttp") -> None:
        """Note that the server waits for this client from now on."""
        self._waiting.pop(protocol.transport, None)
        if protocol.transport in self._open:
            self._waiting[protocol.transport] = protocol

    def is_served(self, transport: asyncio.Transport) -> None:
        """Note that its request is complete: now the client waits for the server."""
        self._waiting.pop(transport, None)

    def closed(self, transport: asyncio.Transport) -> None:
        """Note that it is closed."""
        self._waiting.pop(transport, None)
        network = self._open.pop(transport, None)
        if network is None:
            return
        self._count[network] -= 1
        if not self._count[network]:
            del self._count[network]

    def _close_longest_waiting(self, network: str | None) -> None:
        # The new connection waits, too: where all others are being served, it is closed itself.
        for transport, protocol in self._waiting.items():
            if network in (None, self._open[transport]):
                self.closed(transport)
                protocol.close_for_another()
                return

    def _is_unlimited(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
            parsed = parsed.ipv4_mapped
        return any(parsed in network for network in self._unlimited)


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's HTTP protocol, with timeouts for slow requests and for responses nobody reads."""

    def __init__(self, connections: Connections, **options: Any) -> None:
        super().__init__(**options)
        self._connections = connections
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._head_bytes = 0
        self._is_in_head = True
        self._is_websocket = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._start_timer("request", self._connections.limits.seconds)
        self._connections.opened(self, self.client[0] if self.client else "")

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.closed(self.transport)
        for name in [*self._timers]:
            self._stop_timer(name)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._head_bytes += len(data)
        super().data_received(data)
        if self._is_in_head and self._head_bytes > LONGEST_HEAD:
            self.transport.abort()
        elif self._has_no_timeout():
            self._start_timer("request", self._connections.limits.seconds)

    def _has_no_timeout(self) -> bool:
        """Whether nothing would end it: line ends between two requests stop uvicorn's own timer."""
        is_answered = self.cycle is not None and self.cycle.response_complete
        return is_answered and "request" not in self._timers and not self._is_websocket

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_in_head, self._head_bytes = True, 0
        self._start_timer("request", self._connections.limits.seconds)

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._start_timer("request", self._connections.limits.seconds)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._stop_timer("request")
        if self.cycle is None or not self.cycle.response_complete:
            self._connections.is_served(self.transport)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        if not self.pipeline:
            self._connections.waits_for_client(self)
        super().on_response_complete()

    def handle_websocket_upgrade(self) -> None:
        # From now on its end reaches `BoundedWebSocket`.
        self._is_websocket = True
        self._stop_timer("request")
        self._connections.is_served(self.transport)
        super().handle_websocket_upgrade()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._start_timer("answer", UNREAD_SECONDS)

    def resume_writing(self) -> None:
        self._stop_timer("answer")
        super().resume_writing()

    def close_for_another(self) -> None:
        """Close this connection for a new one; with a 503 if it has had no response yet."""
        if self.cycle is None:
            self.transport.write(BUSY)
            self.transport.close()
        else:
            self.transport.abort()

    def _start_timer(self, name: str, seconds: float) -> None:
        self._stop_timer(name)
        self._timers[name] = self.loop.call_later(seconds, self.transport.abort)

    def _stop_timer(self, name: str) -> None:
        if timer := self._timers.pop(name, None):
            timer.cancel()


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol, which notes the end of its connection."""

    longest_message: ClassVar[int] = 1024 * 1024

    def __init__(self, connections: Connections, **options: Any) -> None:
        super().__init__(**options)
        self._connections = connections

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.closed(self.transport)
        super().connection_lost(exc)


def bounded(limits: Limits, *, with_websockets: bool) -> dict[str, Any]:
    """The options for uvicorn that apply these limits to a server's connections."""
    connections = Connections(limits)
    websocket = partial(BoundedWebSocket, connections) if with_websockets else "none"
    return {
        "http": cast(Any, partial(BoundedHttp, connections)),
        "ws": cast(Any, websocket),
        "ws_max_size": BoundedWebSocket.longest_message,
    }
