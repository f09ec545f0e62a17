"""What `meta-ads serve` does: serve the dashboard and the APIs in this process."""

from orchestration.cli.session import open_warehouse
from orchestration.settings import load_settings
from orchestration.web.http_server import check_binding
from orchestration.web.server import serve


def serve_web(host: str, port: int, *, exit_with_parent: bool) -> None:
    """Serve until the process is told to end.

    Raises:
        UsageError: the port is in use, or, without an admin token, the address is not on loopback.
        UnreachableError: the warehouse cannot be reached.
    """
    # Before the warehouse is opened, which may take a while.
    check_binding(load_settings(), host)
    serve(open_warehouse(), host, port, exit_with_parent=exit_with_parent)
