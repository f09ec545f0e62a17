"""Which processes serve a data folder: from `postmaster.pid`, checked with the process table.

A pid file alone proves nothing: it outlives a killed server, its pid may have passed to another
program, and a crash can leave it cut short.
"""

from __future__ import annotations

import hashlib
import signal
import socket
import struct
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

LOOPBACK = "127.0.0.1"
ANSWER_TIMEOUT_SECONDS = 2.0
# Length and code of the protocol's SSLRequest message.
TLS_REQUEST = struct.pack("!ii", 8, 80877103)
POLL_SECONDS = 0.05
# The server, and what is about to become it when the process that starts it is killed.
SERVER_PROGRAMS = ("postgres", "pg_ctl", "sh")
# Fast shutdown, immediate shutdown, kill: the signals pg_ctl sends, with the seconds each gets.
STOP_STEPS = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0))


@dataclass(frozen=True)
class PidFile:
    """What a server wrote about itself: pid, start, TCP port, and `starting`, `ready`, …"""

    pid: int
    since: datetime
    port: int
    state: str


def read_pid_file(data: Path) -> PidFile | None:
    """The pid file of a data folder; None where it is missing or cut short."""
    try:
        lines = (data / "postmaster.pid").read_text(errors="replace").splitlines()
        since = datetime.fromtimestamp(int(lines[2]), UTC)
        state = lines[7].strip() if len(lines) > 7 else "starting"
        pid_file = PidFile(int(lines[0]), since, int(lines[3]), state)
    except (FileNotFoundError, IndexError, ValueError):
        return None
    return pid_file if pid_file.pid > 0 else None


def cluster_name(data: Path) -> str:
    """A name that Postgres shows in the title of every process it runs for this data folder."""
    return f"meta_ads_{hashlib.sha256(str(data).encode()).hexdigest()[:16]}"


def serves(pid: int, data: Path) -> bool:
    """Whether the process lives, is no zombie, and is a Postgres of this data folder."""
    import psutil

    try:
        return _is_of(psutil.Process(pid), data)
    except psutil.Error:
        return False


def is_usable(pid: int, data: Path) -> bool:
    """Whether the process serves the folder and can go on to; else it has to be started anew."""
    return serves(pid, data) and not has_lost_programs(pid)


def has_lost_programs(pid: int) -> bool:
    """Whether the programs of a server are no longer where it was started from.

    Such a server still answers, and fails as soon as it needs one of its files: its folder was
    moved, or its installation was deleted.
    """
    import psutil

    with suppress(psutil.Error, IndexError, OSError):
        program = Path(psutil.Process(pid).cmdline()[0])
        return program.is_absolute() and not program.exists()
    return False


def _is_of(process: psutil.Process, data: Path) -> bool:
    import psutil

    with suppress(psutil.Error):
        if process.name() not in SERVER_PROGRAMS or process.status() == psutil.STATUS_ZOMBIE:
            return False
        # The title first: in a container root may not read another user's working folder.
        if cluster_name(data) in " ".join(process.cmdline()):
            return True
        return process.name() == "postgres" and process.cwd() == str(data)
    return False


def servers_of(data: Path) -> list[psutil.Process]:
    """All processes of the data folder, also those that a killed server left behind."""
    import psutil

    return [process for process in psutil.process_iter() if _is_of(process, data)]


def end_servers(data: Path) -> bool:
    """Ends every process of the data folder, gently first.

    Returns:
        True when none is left, within the sum of the seconds in STOP_STEPS.
    """
    import psutil

    for number, seconds in STOP_STEPS:
        family = servers_of(data)
        pids = {process.pid for process in family}
        for process in family:
            with suppress(psutil.Error):
                if number == signal.SIGKILL or process.ppid() not in pids:
                    process.send_signal(number)
        deadline = time.monotonic() + seconds
        while servers_of(data):
            if time.monotonic() > deadline:
                break
            time.sleep(POLL_SECONDS)
        else:
            return True
    return False


def answers(port: int) -> bool:
    """Whether a Postgres on this machine answers on the port.

    It is asked whether it speaks TLS, and must say yes or no. A connection alone proves nothing:
    the kernel still accepts it for a server that is just being killed. Closing after the answer
    leaves no line in the server's log.
    """
    try:
        with socket.socket() as connection:
            connection.settimeout(ANSWER_TIMEOUT_SECONDS)
            connection.connect((LOOPBACK, port))
            connection.sendall(TLS_REQUEST)
            return connection.recv(1) in (b"N", b"S")
    except OSError:
        return False


def free_port(preferred: int | None) -> int:
    """The preferred port if nobody has it, else one that is free now."""
    for port in (preferred or 0, 0):
        with socket.socket() as probe, suppress(OSError, OverflowError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((LOOPBACK, port))
            return int(probe.getsockname()[1])
    raise OSError("no TCP port is free on 127.0.0.1")
