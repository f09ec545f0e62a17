"""Everything that serves people, in the foreground: Dagster, the health server, the refresher.

Each is a process of its own. They end together: with Ctrl-C, or when one of them ends by itself.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import psutil

from orchestration.alerting.destinations.setup import destinations
from orchestration.cli.output.console import say_error
from orchestration.clients.routes import routes_as_they_are
from orchestration.defs.runs.execute import ensure_dagster_home
from orchestration.errors import MetaAdsError, UsageError
from orchestration.process.listener import listener
from orchestration.settings import Settings
from orchestration.web.http_server import check_binding

STOP_SECONDS = 20
POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Addresses:
    """Where Dagster's UI and the health server are to listen."""

    dagster_host: str
    dagster_port: int
    health_host: str
    health_port: int

    @property
    def dagster(self) -> str:
        """Of Dagster's UI."""
        return _url(self.dagster_host, self.dagster_port)

    @property
    def health(self) -> str:
        """Of the health server."""
        return _url(self.health_host, self.health_port)


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def check_addresses(settings: Settings, addresses: Addresses) -> None:
    """Before anything is started.

    Raises:
        UsageError: a port is taken, or one of the servers may not listen there.
    """
    for host in (addresses.dagster_host, addresses.health_host):
        check_binding(settings, host)
    if addresses.dagster_port == addresses.health_port:
        raise UsageError("--port and --health-port are the same: choose two.")
    listener(addresses.dagster_host, addresses.dagster_port).close()
    listener(addresses.health_host, addresses.health_port, "--health-port").close()


def serve_all(settings: Settings, addresses: Addresses, *, is_demo: bool) -> int:
    """Serve until Ctrl-C; returns the exit code.

    Raises:
        MetaAdsError: one of the processes ended by itself; the others are ended, too.
    """
    source = "the sandbox with 16 demo clients" if is_demo else settings.api_url
    say_error(f"Dagster:    {addresses.dagster}")
    say_error(f"Monitoring: {addresses.health}/admin/monitoring")
    say_error(f"Health API: {addresses.health}/api/admin/data-health")
    say_error(f"Alerts:     {_destinations(settings)}")
    say_error(f"Data from {source}. Ctrl-C ends all of it.")
    environment = os.environ | {
        "DAGSTER_HOME": str(ensure_dagster_home(settings)),
        # Absolute: runs are started from other folders.
        "META_ADS_HOME": str(settings.home),
        "META_ADS_CLIENTS": str(settings.clients_file),
        # The code server says itself what it cannot load.
        "DAGSTER_IS_DEV_CLI": "1",
        "META_ADS_DAGSTER_URL": os.environ.get("META_ADS_DAGSTER_URL", addresses.dagster),
    }
    children: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, arguments in _commands(addresses).items():
            children[name] = _start(arguments, environment)
        return _wait(children)
    except KeyboardInterrupt:
        return 0
    finally:
        _end(list(children.values()))


def _destinations(settings: Settings) -> str:
    """Where alerts go beside the dashboard."""
    on = destinations(settings, routes_as_they_are(settings)).on
    return ", ".join(on) or "on the dashboard only (docs/alerts.md says how to set up others)"


def _commands(addresses: Addresses) -> dict[str, list[str]]:
    """What is started, by name."""
    meta_ads = ["-m", "orchestration.cli.main"]
    return {
        "the health server": [
            *meta_ads,
            "serve",
            "--exit-with-parent",
            *("--host", addresses.health_host, "--port", str(addresses.health_port)),
        ],
        "the refresher": [*meta_ads, "refresh", "--listen", "--exit-with-parent"],
        "Dagster": [
            *meta_ads,
            "serve-dagster",
            "--exit-with-parent",
            *("--host", addresses.dagster_host, "--port", str(addresses.dagster_port)),
        ],
    }


def _start(arguments: list[str], environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    # A group of their own: Ctrl-C reaches this process alone, which ends them in order.
    return subprocess.Popen(
        [sys.executable, *arguments],
        env=dict(environment),
        # Whose other end goes with this process, even if it is killed.
        stdin=subprocess.PIPE,
        start_new_session=True,
    )


def _wait(children: Mapping[str, "subprocess.Popen[bytes]"]) -> int:
    while True:
        for name, child in children.items():
            if (code := child.poll()) is not None:
                raise MetaAdsError(
                    f"{name[0].upper()}{name[1:]} ended by itself (exit code {code}): its last "
                    "lines are above. The others were ended, too."
                )
        time.sleep(POLL_SECONDS)


def _end(children: list["subprocess.Popen[bytes]"]) -> None:
    """Ask them to end, and make sure that none of their processes stays."""
    family: list[psutil.Process] = []
    for child in children:
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(child.pid)
            family += [*process.children(recursive=True), process]
    for child in children:
        with suppress(ProcessLookupError):
            child.send_signal(signal.SIGINT)
    _, alive = psutil.wait_procs(family, STOP_SECONDS)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
