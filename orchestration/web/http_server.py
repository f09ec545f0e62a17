"""Runs an application as an HTTP server, with limits on its connections."""

import ipaddress
import socket
import sys
from collections.abc import Callable
from contextlib import suppress

import uvicorn
from starlette.types import ASGIApp

from orchestration.errors import UsageError
from orchestration.process.listener import listener
from orchestration.settings import Settings
from orchestration.web.security.connections import Limits, bounded

LISTENING = "listening on "
SHUTDOWN_SECONDS = 5


def serve_http(
    settings: Settings,
    app: ASGIApp,
    host: str,
    port: int,
    *,
    with_websockets: bool = False,
    should_stop: Callable[[], bool] = lambda: False,
) -> None:
    """Serve until Ctrl-C, or until `should_stop`; prints `listening on URL` on stdout.

    Raises:
        UsageError: the port is in use.
    """
    # Ctrl-C is the normal end.
    with listener(host, port) as bound, suppress(KeyboardInterrupt):
        serve_on(settings, app, bound, with_websockets=with_websockets, should_stop=should_stop)


def serve_on(
    settings: Settings,
    app: ASGIApp,
    bound: socket.socket,
    *,
    with_websockets: bool = False,
    is_announced: bool = True,
    should_stop: Callable[[], bool] = lambda: False,
) -> None:
    """Serve on a socket that listens, until `should_stop`; in any thread.

    Prints `listening on URL` on stdout where `is_announced`.
    """
    proxies = settings.trusted_proxies
    limits = Limits(
        settings.request_seconds, settings.connections, settings.connections_per_address, proxies
    )
    config = uvicorn.Config(
        app,
        loop="asyncio",
        # Its log lines are formatted like all others.
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        # Only these may set the client's address: anybody else could claim any address.
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        **bounded(limits, with_websockets=with_websockets),
    )
    _Server(config, should_stop, is_announced=is_announced).run(sockets=[bound])


def check_binding(settings: Settings, host: str) -> None:
    """Check that a server without an admin token listens on loopback only.

    Raises:
        UsageError: other machines could reach the address.
    """
    if settings.admin_token is None and not _is_loopback(host):
        raise UsageError(
            f"Without META_ADS_ADMIN_TOKEN the server listens on loopback only, not on {host}: set "
            "a token (openssl rand -hex 32), or leave the host out."
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _Server(uvicorn.Server):
    """Prints its address once it listens, if it is to, and stops when `should_stop` says so."""

    def __init__(
        self, config: uvicorn.Config, should_stop: Callable[[], bool], *, is_announced: bool
    ) -> None:
        super().__init__(config)
        self._should_stop = should_stop
        self._is_announced = is_announced

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self._is_announced:
            return
        host, port = (sockets or [])[0].getsockname()[:2]
        url_host = f"[{host}]" if ":" in host else host
        sys.stdout.write(f"{LISTENING}http://{url_host}:{port}\n")
        sys.stdout.flush()

    async def on_tick(self, counter: int) -> bool:
        return await super().on_tick(counter) or self._should_stop()
