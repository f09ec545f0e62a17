"""Runs the server of the health API, the KPIs and the dashboard in the foreground."""

from orchestration.process.parent import exit_with_parent as end_with_parent
from orchestration.settings import Settings
from orchestration.web.app import health_app
from orchestration.web.http_server import SHUTDOWN_SECONDS, check_binding, serve_http


def serve(
    settings: Settings,
    host: str = "127.0.0.1",
    port: int = 8080,
    *,
    exit_with_parent: bool = False,
) -> None:
    """Serve until the process is asked to end; prints `listening on URL` on stdout.

    Raises:
        UsageError: the port is in use, a token cannot be used, or, without an admin token, the
            address is not on loopback.
    """
    check_binding(settings, host)
    app = health_app(settings, host)
    if exit_with_parent:
        end_with_parent(2 * SHUTDOWN_SECONDS)
    serve_http(settings, app, host, port)
