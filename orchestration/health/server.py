"""The server of the health API, the KPIs and the dashboard, in the foreground."""

import ipaddress
import socket
import sys
from contextlib import suppress

import uvicorn

from orchestration.errors import UsageError
from orchestration.health.app import health_app
from orchestration.listener import listener
from orchestration.parent import exit_with_parent as end_with_parent
from orchestration.settings import Settings

LISTENING = "listening on "
SHUTDOWN_SECONDS = 5


def serve(
    settings: Settings,
    host: str = "127.0.0.1",
    port: int = 8080,
    *,
    exit_with_parent: bool = False,
) -> None:
    """Serve until the process is told to end; says `listening on URL` on stdout.

    Raises:
        UsageError: the port is in use, a token cannot be used, or, without an admin token, the
            address is not on loopback.
    """
    check_binding(settings, host)
    app = health_app(settings, host)
    config = uvicorn.Config(
        app,
        http="httptools",
        loop="asyncio",
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    if exit_with_parent:
        end_with_parent(2 * SHUTDOWN_SECONDS)
    # Ctrl-C is how it ends: nothing is interrupted.
    with listener(host, port) as bound, suppress(KeyboardInterrupt):
        _Server(config).run(sockets=[bound])


def check_binding(settings: Settings, host: str) -> None:
    """Without a token nobody but this machine may ask.

    Raises:
        UsageError: the address reaches further.
    """
    if settings.admin_token is None and not _is_loopback(host):
        raise UsageError(
            f"Without META_ADS_ADMIN_TOKEN the server listens on loopback only, not on {host}: set "
            "a token (openssl rand -hex 32), or leave --host out."
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _Server(uvicorn.Server):
    """Says where it listens once it does."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        host, port = (sockets or [])[0].getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        sys.stdout.write(f"{LISTENING}http://{shown}:{port}\n")
        sys.stdout.flush()
