"""What `meta-ads up` does: run Dagster, the web server and the refresher in the foreground.

Each is a process of its own. They end together: with Ctrl-C, or when one of them ends by itself.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import NoReturn

import psutil

from orchestration.alerting.destinations.setup import destinations
from orchestration.cli.exit_codes import DONE
from orchestration.cli.output.console import say_error
from orchestration.clients.routes import configured_routes
from orchestration.defs.runs.instance import ensure_dagster_home
from orchestration.errors import MetaAdsError, UsageError
from orchestration.process.listener import listener
from orchestration.process.only_one import OnlyOne
from orchestration.settings import Settings
from orchestration.settings.places import NAMED_ENV_FILE, env_file
from orchestration.shipped_files import DOCS
from orchestration.web.http_server import check_binding

STOP_SECONDS = 20
"""How long the processes may take to end before they are killed."""
POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Addresses:
    """Where the Dagster UI and the web server listen."""

    dagster_host: str
    dagster_port: int
    health_host: str
    health_port: int

    @property
    def dagster(self) -> str:
        """The URL of the Dagster UI."""
        return _url(self.dagster_host, self.dagster_port)

    @property
    def health(self) -> str:
        """The URL of the web server."""
        return _url(self.health_host, self.health_port)


def only_one(settings: Settings) -> OnlyOne:
    """What one `meta-ads up` of a state folder holds: two would do everything twice."""
    return OnlyOne(settings.home / "up", "meta-ads up")


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def checked(settings: Settings, addresses: Addresses) -> Addresses:
    """Check the addresses before anything is started; returns them, a free port for each 0.

    Raises:
        UsageError: a port is in use, or, without an admin token, an address is not on loopback.
    """
    for host in (addresses.dagster_host, addresses.health_host):
        check_binding(settings, host)
    if addresses.dagster_port == addresses.health_port != 0:
        raise UsageError("--port and --health-port are the same: choose two.")
    with (
        # Both at the same time: two free ports that are chosen one by one may be the same.
        listener(addresses.dagster_host, addresses.dagster_port) as dagster,
        listener(addresses.health_host, addresses.health_port, "--health-port") as health,
    ):
        return replace(
            addresses,
            dagster_port=dagster.getsockname()[1],
            health_port=health.getsockname()[1],
        )


def serve_all(settings: Settings, addresses: Addresses, *, is_demo: bool) -> int:
    """Serve until Ctrl-C; returns the exit code.

    Raises:
        MetaAdsError: a process ended by itself; the others were ended, too.
    """
    _announce(settings, addresses, is_demo=is_demo)
    environment = _environment(settings, addresses)
    children: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, arguments in _commands(addresses).items():
            children[name] = _start(arguments, environment)
        _wait(children)
    except KeyboardInterrupt:
        return DONE
    finally:
        _end(list(children.values()))


def _announce(settings: Settings, addresses: Addresses, *, is_demo: bool) -> None:
    """Print where everything is, and where alerts are sent."""
    on = destinations(settings, configured_routes(settings)).on
    alerts = ", ".join(on) or f"on the dashboard only ({DOCS / 'alerts.md'} says how)"
    source = "the sandbox with 16 demo clients" if is_demo else settings.api_url
    say_error(f"Dagster:    {addresses.dagster}")
    say_error(f"Monitoring: {addresses.health}/admin/monitoring")
    say_error(f"Health API: {addresses.health}/api/admin/data-health")
    say_error(f"Alerts:     {alerts}")
    say_error(f"Data from {source}. Ctrl-C ends all of it.")


def _environment(settings: Settings, addresses: Addresses) -> dict[str, str]:
    """The environment of the processes."""
    return os.environ | {
        "DAGSTER_HOME": str(ensure_dagster_home(settings)),
        # Absolute, because Dagster starts runs from other folders.
        **({NAMED_ENV_FILE: str(env_file())} if env_file().is_file() else {}),
        "META_ADS_HOME": str(settings.home),
        "META_ADS_CLIENTS": str(settings.clients_file),
        # The code server prints why it cannot load; the other processes then add one line only.
        "DAGSTER_IS_DEV_CLI": "1",
        "META_ADS_DAGSTER_URL": os.environ.get("META_ADS_DAGSTER_URL", addresses.dagster),
    }


def _commands(addresses: Addresses) -> dict[str, list[str]]:
    """The commands of `meta-ads` that are started, by the name of the process."""
    web = ("--host", addresses.health_host, "--port", str(addresses.health_port))
    dagster = ("--host", addresses.dagster_host, "--port", str(addresses.dagster_port))
    return {
        "the health server": ["serve", *web],
        "the refresher": ["refresh", "--listen"],
        "Dagster": ["serve-dagster", *dagster],
    }


def _start(arguments: list[str], environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "orchestration.cli.main", *arguments, "--exit-with-parent"],
        env=dict(environment),
        # The pipe closes when this process ends, even if it is killed: then they end, too.
        stdin=subprocess.PIPE,
        # Ctrl-C reaches this process alone, which ends the others in order.
        start_new_session=True,
    )


def _wait(children: Mapping[str, "subprocess.Popen[bytes]"]) -> NoReturn:
    """Wait until a process ends by itself, which is an error."""
    while True:
        for name, child in children.items():
            if (code := child.poll()) is not None:
                raise MetaAdsError(
                    f"{name[0].upper()}{name[1:]} ended by itself (exit code {code}): its last "
                    "lines are above. The others were ended, too."
                )
        time.sleep(POLL_SECONDS)


def _end(children: list["subprocess.Popen[bytes]"]) -> None:
    """Interrupt the processes, and after a while kill what is left of them and their children."""
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
