"""Where alerts go: which destinations are set up, and if their hosts are known. Sends nothing."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLongError
from urllib.request import getproxies

from orchestration.alerting.destinations.setup import destinations
from orchestration.clients.routes import configured_routes
from orchestration.doctor.line import Line, failure, ok, warning
from orchestration.settings import Settings
from orchestration.shipped_files import DOCS

LOOKUP_SECONDS = 5.0
HOW = DOCS / "alerts.md"


def alert_destinations(settings: Settings) -> Iterator[Line]:
    """A line for each destination that somebody set up."""
    setup = destinations(settings, configured_routes(settings))
    for name in sorted(setup.wrong):
        yield failure(f"Alerts: {name}", setup.off[name], f"{HOW} says how")
    for name, host in setup.hosts.items():
        if trouble := _unknown(host):
            yield failure(f"Alerts: {name}", f"{host}: {trouble}", "meta-ads alerts test")
        else:
            yield ok(f"Alerts: {name}", f"set up, to {host}; meta-ads alerts test sends a message")
    if not setup.on and not setup.wrong:
        yield warning(
            "Alerts",
            "on the dashboard only: no destination is set up",
            f"{HOW} sets one up, then meta-ads alerts test",
        )


def _unknown(host: str) -> str:
    """Why a host's address cannot be found; empty if it can, or where a proxy looks for it."""
    if "https" in getproxies():
        return ""
    pool = ThreadPoolExecutor(1)
    try:
        pool.submit(socket.getaddrinfo, host, None).result(LOOKUP_SECONDS)
    except TookTooLongError:
        return "its address was not found in time"
    except OSError as error:
        return f"its address is not found ({error.strerror or error})"
    finally:
        pool.shutdown(wait=False)
    return ""
