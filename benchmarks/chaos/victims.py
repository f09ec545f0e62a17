"""The processes of a world, by what they do, and what is done to them.

A process belongs to a world if its environment names the world's state folder: so also those are
found whose parents were killed. The processes of its Postgres are below the postmaster.
"""

import os
import resource
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

import psutil

from orchestration.warehouse.embedded.server import EmbeddedServer

Processes = dict[str, list[psutil.Process]]
KINDS_OF_COMMANDS = (
    ("orchestration.transformation.ready_dbt", "dbt"),
    ("/bin/dbt ", "dbt"),
    ("orchestration.quality.suite_process", "suites"),
    ("orchestration.defs.ui.daemon", "daemon"),
    ("dagster code-server", "code server"),
    ("dagster api", "code server"),
    ("multiprocessing.spawn", "run of the daemon"),
    ("meta-ads serve-dagster", "web server of Dagster"),
    ("meta-ads serve", "health server"),
    ("meta-ads refresh", "refresher"),
    ("meta-ads alerts", "alerts"),
    ("meta-ads", "run"),
)
"""What a command line holds, and the name of such a process; the first that fits counts."""
BACKEND, SERVER = "backend of Postgres", "Postgres"
ROOM_BYTES = 64 * 1024
"""No file of a full disk grows beyond it. Postgres takes that for a full disk, as it does a quota,
and so do programs: no file system is needed that has to be mounted."""


def processes_of(state: Path, server: EmbeddedServer) -> Processes:
    """The processes that run now."""
    found: Processes = {}
    mark = f"META_ADS_HOME={state}\0".encode()
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
                continue
            if mark not in Path(f"/proc/{process.pid}/environ").read_bytes():
                continue
            if kind := _kind(process):
                found.setdefault(kind, []).append(process)
    with suppress(psutil.Error):
        pid = server.status().pid
        if pid is not None:
            postmaster = psutil.Process(pid)
            found[SERVER] = [postmaster]
            found[BACKEND] = _backends(postmaster)
    return {kind: processes for kind, processes in found.items() if processes}


def _kind(process: psutil.Process) -> str:
    line = " ".join(process.cmdline())
    if process.name().startswith("postgres"):
        return ""
    kind = next((kind for text, kind in KINDS_OF_COMMANDS if text in line), "")
    if kind == "suites" and "suite_process" in " ".join(psutil.Process(process.ppid()).cmdline()):
        # A copy of the process that runs the suites: it settles answers.
        return "worker"
    return kind


def _backends(postmaster: psutil.Process) -> list[psutil.Process]:
    """Its children that serve somebody, by the title that each sets itself."""
    titles = [(" ".join(child.cmdline()), child) for child in postmaster.children()]
    return [child for title, child in titles if "127.0.0.1(" in title]


def kill(process: psutil.Process, *, with_group: bool) -> bool:
    """As the kernel does when memory ends, alone or with its group; whether it was still there."""
    try:
        if with_group and os.getpgid(process.pid) == process.pid:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    except (psutil.NoSuchProcess, ProcessLookupError):
        return False
    return True


def pause(process: psutil.Process, seconds: float) -> bool:
    """Stop it, and let it go on later; whether it was there."""
    try:
        process.suspend()
    except psutil.NoSuchProcess:
        return False
    timer = threading.Timer(seconds, _resume, [process])
    timer.daemon = True
    timer.start()
    return True


def _resume(process: psutil.Process) -> None:
    with suppress(psutil.NoSuchProcess):
        process.resume()


@contextmanager
def no_room(processes: list[psutil.Process]) -> Iterator[None]:
    """These processes, and those that they start meanwhile, find the disk full."""
    limit_files(processes, ROOM_BYTES)
    try:
        yield
    finally:
        with suppress(psutil.Error):
            children = [child for each in processes for child in each.children(recursive=True)]
            limit_files([*processes, *children], resource.RLIM_INFINITY)


def limit_files(processes: list[psutil.Process], size: int) -> None:
    """Let no file that they write grow beyond the size; the hard limit stays as it was."""
    for process in processes:
        with suppress(psutil.Error, OSError):
            process.rlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def end_all(state: Path, server: EmbeddedServer) -> None:
    """Kill whatever is left of a world but its Postgres."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        left = processes_of(state, server)
        left.pop(SERVER, None), left.pop(BACKEND, None)
        if not left:
            return
        for process in [each for kind in left.values() for each in kind]:
            kill(process, with_group=False)
        time.sleep(0.1)


def choose(chance: Random, processes: Processes, kinds: list[str]) -> tuple[str, psutil.Process]:
    """A kind of those that are there, and one of its processes.

    Raises:
        LookupError: none of the kinds is there.
    """
    there = [kind for kind in kinds if kind in processes]
    if not there:
        raise LookupError
    kind = chance.choice(there)
    return kind, chance.choice(processes[kind])
