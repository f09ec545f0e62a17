"""Debian's Redis as Celery's broker, and Celery's workers; without it the tests say so, loudly."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from programs import REDIS, path_of

from orchestration.warehouse.embedded.process import free_port

START_SECONDS = 60
CELERY = str(Path(sys.executable).with_name("celery"))
WORKER = "-A dagster_celery.app worker -Q dagster --concurrency 1 --disable-prefetch"
"""The command of docs/operations.md, without the name."""


@contextmanager
def broker(folder: Path) -> Iterator[dict[str, str]]:
    """The variables that name a broker of its own, which keeps nothing on disk."""
    program, port = path_of(REDIS), free_port(None)
    options = f"--bind 127.0.0.1 --port {port} --appendonly no".split()
    process = subprocess.Popen(
        [program, *options, "--save", "", "--dir", str(folder)], stdout=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(port):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield {
            "CELERY_BROKER_URL": f"redis://127.0.0.1:{port}/0",
            "CELERY_RESULT_BACKEND": f"redis://127.0.0.1:{port}/1",
        }
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as connection:
        connection.sendall(b"PING\r\n")
        return connection.recv(1) == b"+"
    return False


@contextmanager
def worker(name: str, folder: Path, environment: Mapping[str, str]) -> Iterator[int]:
    """A worker in a process group of its own; gives the number of the group."""
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [CELERY, *WORKER.split(), "-n", f"{name}@localhost"],
            env=dict(environment),
            cwd=folder,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield process.pid
    finally:
        kill(process.pid)
        process.wait(START_SECONDS)


def kill(group: int) -> None:
    """End all processes of a group at once, as a machine ends that loses its power."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
