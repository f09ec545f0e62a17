"""What a connection may cost: how long a request may take to come, and how many may be open.

uvicorn only ends connections that are idle between two requests. One that sends its headers byte by
byte would stay for ever, and a few hundred of those would leave nobody else a place.
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
"""How long an answer may lie here because its client does not read it."""
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\ncontent-length: 0\r\n\r\n"


@dataclass(frozen=True)
class Limits:
    """`seconds` is for the headers of a request, and again for its body.

    `unlimited` are addresses or networks to which only the total applies: proxies.
    """

    seconds: float
    total: int
    per_address: int
    unlimited: tuple[str, ...] = ()


def network_of(address: str) -> str:
    """What counts as one client: an IPv4 address, or the /64 that an IPv6 client chooses from."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or ip_network((found, 64), strict=False))


class Connections:
    """The open connections of one server, and which of them only wait for their client.

    Who comes when all places are taken gets the one of the connection that has waited longest for
    its client: one that is slow on purpose goes first, and one that is served is left in peace.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._unlimited = [ip_network(one, strict=False) for one in limits.unlimited]
        self._open: dict[asyncio.Transport, str] = {}
        self._count: dict[str, int] = {}
        self._waiting: dict[asyncio.Transport, BoundedHttp] = {}

    def opened(self, protocol: "BoundedHttp", address: str) -> None:
        """Count a new connection; the one that has waited longest goes if there are too many."""
        network = network_of(address)
        self._open[protocol.transport] = network
        self._count[network] = self._count.get(network, 0) + 1
        self._waiting[protocol.transport] = protocol
        if self._count[network] > self.limits.per_address and not self._is_unlimited(address):
            self._displace(network)
        elif len(self._open) > self.limits.total:
            self._displace(None)

    def waits(self, protocol: "BoundedHttp") -> None:
        """It waits for its client from now on."""
        self._waiting.pop(protocol.transport, None)
        if protocol.transport in self._open:
            self._waiting[protocol.transport] = protocol

    def is_served(self, transport: asyncio.Transport) -> None:
        """Its request is complete: now the client waits."""
        self._waiting.pop(transport, None)

    def closed(self, transport: asyncio.Transport) -> None:
        """Its place is free again."""
        self._waiting.pop(transport, None)
        network = self._open.pop(transport, None)
        if network is None:
            return
        self._count[network] -= 1
        if not self._count[network]:
            del self._count[network]

    def _displace(self, network: str | None) -> None:
        # The new one waits, too: where all others are served, it is the one that goes.
        for transport, protocol in self._waiting.items():
            if network in (None, self._open[transport]):
                self.closed(transport)
                protocol.give_way()
                return

    def _is_unlimited(self, address: str) -> bool:
        try:
            found = ip_address(address)
        except ValueError:
            return False
        if isinstance(found, IPv6Address) and found.ipv4_mapped:
            found = found.ipv4_mapped
        return any(found in network for network in self._unlimited)


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's protocol, with an end for requests that do not come and answers nobody reads."""

    def __init__(self, places: Connections, **more: Any) -> None:
        super().__init__(**more)
        self._places = places
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._head_bytes = 0
        self._is_in_head = True
        self._is_websocket = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._time("request", self._places.limits.seconds)
        self._places.opened(self, self.client[0] if self.client else "")

    def connection_lost(self, exc: Exception | None) -> None:
        self._places.closed(self.transport)
        for name in [*self._timers]:
            self._untime(name)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._head_bytes += len(data)
        super().data_received(data)
        if self._is_in_head and self._head_bytes > LONGEST_HEAD:
            self.transport.abort()
        elif self._waits_without_end():
            self._time("request", self._places.limits.seconds)

    def _waits_without_end(self) -> bool:
        """Line ends between two requests are data to uvicorn and no request to the parser."""
        is_answered = self.cycle is not None and self.cycle.response_complete
        return is_answered and "request" not in self._timers and not self._is_websocket

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_in_head, self._head_bytes = True, 0
        self._time("request", self._places.limits.seconds)

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._time("request", self._places.limits.seconds)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._untime("request")
        if self.cycle is None or not self.cycle.response_complete:
            self._places.is_served(self.transport)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        if not self.pipeline:
            self._places.waits(self)
        super().on_response_complete()

    def handle_websocket_upgrade(self) -> None:
        # Its end is told by the protocol that takes over.
        self._is_websocket = True
        self._untime("request")
        self._places.is_served(self.transport)
        super().handle_websocket_upgrade()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._time("answer", UNREAD_SECONDS)

    def resume_writing(self) -> None:
        self._untime("answer")
        super().resume_writing()

    def give_way(self) -> None:
        """End this connection for another one; who has not been answered yet is told to wait."""
        if self.cycle is None:
            self.transport.write(BUSY)
            self.transport.close()
        else:
            self.transport.abort()

    def _time(self, name: str, seconds: float) -> None:
        self._untime(name)
        self._timers[name] = self.loop.call_later(seconds, self.transport.abort)

    def _untime(self, name: str) -> None:
        if timer := self._timers.pop(name, None):
            timer.cancel()


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """uvicorn's protocol, which gives its place back at the end."""

    longest_message: ClassVar[int] = 1024 * 1024

    def __init__(self, places: Connections, **more: Any) -> None:
        super().__init__(**more)
        self._places = places

    def connection_lost(self, exc: Exception | None) -> None:
        self._places.closed(self.transport)
        super().connection_lost(exc)


def bounded(limits: Limits, *, with_websockets: bool) -> dict[str, Any]:
    """The options of uvicorn that put a server's connections under these limits."""
    places = Connections(limits)
    websocket = partial(BoundedWebSocket, places) if with_websockets else "none"
    return {
        "http": cast(Any, partial(BoundedHttp, places)),
        "ws": cast(Any, websocket),
        "ws_max_size": BoundedWebSocket.longest_message,
    }
