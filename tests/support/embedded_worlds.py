"""Embedded servers between a home and a system data folder, and programs that start them."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
from server_watchdog import ROOT, stop_server_when_we_die

from orchestration.warehouse.embedded.process import servers_of
from orchestration.warehouse.embedded.server import EmbeddedServer

CHILD_TIMEOUT_SECONDS = 60
IS_ROOT = os.geteuid() == 0
START = """
import sys
from pathlib import Path
from orchestration.warehouse.embedded.server import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]), Path(sys.argv[2]))
url = server.ensure_running()
sys.stdout.write(str(server.status().pid))
"""


class World:
    """A folder of its own with a home and a system data folder, and the server between them."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.home = base / "a $home"
        self.system = base / "system"
        self.server = EmbeddedServer(self.home, self.system)

    @property
    def data(self) -> Path:
        return self.server.status().data_dir

    def query(self, statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.server.ensure_running()) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def pid(self) -> int:
        found = self.server.status().pid
        assert found is not None
        return found

    def child(self, program: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", program, str(self.home), str(self.system)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )


def make_world() -> Iterator[World]:
    base = Path(tempfile.mkdtemp(prefix="embedded-server-")).resolve()
    base.chmod(0o755)
    world = World(base)
    stop_server_when_we_die(world.home, world.system)
    yield world
    data = world.data
    world.server.remove_data()
    assert servers_of(data) == []
    shutil.rmtree(base)


def finish(child: subprocess.Popen[str]) -> str:
    out, err = child.communicate(timeout=CHILD_TIMEOUT_SECONDS)
    assert child.returncode == 0, err
    return out
