"""Dagster's UI and daemon in the foreground, on loopback, ended by Ctrl-C."""

import os
import signal
import socket
import subprocess
import sys

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
    command = [sys.executable, "-m", "dagster", "dev", "-m", "orchestration.definitions"]
    child = subprocess.Popen(
        [*command, "--host", HOST, "--port", str(port)],
        env=os.environ | {"DAGSTER_HOME": str(home)},
        cwd=settings.home,
    )
    try:
        return child.wait()
    except KeyboardInterrupt:
        # The terminal sent it to the child as well; only its end is waited for.
        child.send_signal(signal.SIGINT)
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.terminate()
            child.wait(STOP_SECONDS)
        return 0


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise UsageError(
                f"Port {port} of {HOST} is in use: choose another with --port."
            ) from None
