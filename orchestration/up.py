"""Dagster's UI and daemon in the foreground, on loopback, ended by Ctrl-C."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress

import psutil

from orchestration.defs.execute import ensure_dagster_home
from orchestration.errors import UsageError
from orchestration.settings import Settings

HOST = "127.0.0.1"
STOP_SECONDS = 20


def serve_dagster(settings: Settings, port: int, *, is_demo: bool) -> int:
    """Serve until Ctrl-C; returns Dagster's exit code.

    Raises:
        UsageError: the port is taken.
    """
    _check_free(port)
    home = ensure_dagster_home(settings)
    source = "the sandbox with 16 demo clients" if is_demo else settings.api_url
    sys.stderr.write(f"Dagster: http://{HOST}:{port} (data from {source}). Ctrl-C ends it.\n")
    command = [sys.executable, "-W", "ignore", "-m", "dagster", "dev"]
    command += ["-m", "orchestration.definitions"]
    child = subprocess.Popen(
        [*command, "--host", HOST, "--port", str(port)],
        env=os.environ
        | {
            "DAGSTER_HOME": str(home),
            # Absolute: runs are started from other folders.
            "META_ADS_HOME": str(settings.home),
            "META_ADS_CLIENTS": str(settings.clients_file),
        },
    )
    try:
        return child.wait()
    except KeyboardInterrupt:
        _end(child)
        return 0


def _end(child: "subprocess.Popen[bytes]") -> None:
    """Ask Dagster to end, and make sure that none of its processes stays."""
    family = [*psutil.Process(child.pid).children(recursive=True), psutil.Process(child.pid)]
    child.send_signal(signal.SIGINT)
    _, alive = psutil.wait_procs(family, STOP_SECONDS)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise UsageError(
                f"Port {port} of {HOST} is in use: choose another with --port."
            ) from None
