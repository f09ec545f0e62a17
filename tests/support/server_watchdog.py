"""Stops an embedded server when the process that used it ends, even by kill -9."""

import atexit
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STOP_TIMEOUT_SECONDS = 60

# Reading to the end of the pipe lasts as long as the process that holds its other end.
PROGRAM = """
import sys
from pathlib import Path
from orchestration.warehouse.embedded.server import EmbeddedServer
sys.stdin.buffer.read()
EmbeddedServer(Path(sys.argv[1]), Path(sys.argv[2])).stop()
"""


def stop_server_when_we_die(home: Path, system_data: Path) -> None:
    """Starts a small process that stops the server of `home` as soon as this process is gone."""
    watchdog = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(home), str(system_data)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        # Ctrl-C in the terminal must not end the watchdog before it has done its work.
        start_new_session=True,
    )
    atexit.register(_release, watchdog)


def _release(watchdog: subprocess.Popen[bytes]) -> None:
    """Ends the watchdog in order: it stops the server, and we wait for it."""
    if watchdog.stdin is not None:
        watchdog.stdin.close()
    watchdog.wait(STOP_TIMEOUT_SECONDS)
