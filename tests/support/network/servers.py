"""The server of the health API, and the refresher, as processes of their own."""

import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import sleep
from typing import Any

import requests
from databases import META_ADS, Warehouse
from parsed_projects import bring_parsed_project

TOKEN = "an-admin-token-for-tests"
LISTENING = "listening on "


@dataclass
class HealthServer:
    """Where it listens, and the token that it knows (empty: none)."""

    url: str
    token: str
    process: "subprocess.Popen[str]"

    def get(self, path: str, **more: Any) -> requests.Response:
        """A request with the admin's token."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= more.pop("headers", {})
        return requests.get(f"{self.url}{path}", headers=headers, timeout=30, **more)


@contextmanager
def serving(warehouse: Warehouse, token: str = "", **environment: str) -> Iterator[HealthServer]:
    """`meta-ads serve` for a while; every answer of the health API is new unless told otherwise."""
    changes = {"META_ADS_HEALTH_SECONDS": "0", "META_ADS_RATE_LIMIT": "100000"}
    if token:
        changes["META_ADS_ADMIN_TOKEN"] = token
    process = subprocess.Popen(
        [META_ADS, "serve", "--port", "0", "--exit-with-parent"],
        env=warehouse.command_environment(changes | environment),
        cwd=warehouse.home,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith(LISTENING), line
        yield HealthServer(line.removeprefix(LISTENING).strip(), token, process)
    finally:
        process.terminate()
        process.communicate(timeout=30)


@contextmanager
def refreshing(warehouse: Warehouse) -> Iterator["subprocess.Popen[str]"]:
    """`meta-ads refresh --listen` for a while, once it listens."""
    process = subprocess.Popen(
        [META_ADS, "refresh", "--listen", "--exit-with-parent"],
        env=warehouse.command_environment({}),
        cwd=warehouse.home,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    beats = "select count(*) from ops.heartbeats where name = 'cache_refresher'"
    try:
        assert eventually(lambda: warehouse.value(beats) == 1)
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=30)[1]
    assert process.returncode == 0
    assert "Traceback" not in said


def eventually(claim: Callable[[], bool], tries: int = 300) -> bool:
    """Whether something becomes true within a bounded number of tries, ten a second."""
    for _ in range(tries):
        if claim():
            return True
        sleep(0.1)
    return False


@contextmanager
def dagster_serving(
    warehouse: Warehouse, token: str = "", **environment: str
) -> Iterator[HealthServer]:
    """`meta-ads serve-dagster` for a while: Dagster as `meta-ads up` serves it."""
    changes = {"META_ADS_CLIENTS": str(warehouse.home / "no-clients.yml")}
    if token:
        changes["META_ADS_ADMIN_TOKEN"] = token
    bring_parsed_project(warehouse.url, warehouse.home)
    told = warehouse.home / "dagster.log"
    with told.open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [META_ADS, "serve-dagster", "--port", "0", "--exit-with-parent"],
            env=warehouse.command_environment(changes | environment),
            cwd=warehouse.home,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            text=True,
        )
    try:
        # Its code server takes half a minute to start where the machine is busy.
        assert eventually(lambda: LISTENING in told.read_text("utf-8"), 1200)
        line = told.read_text("utf-8").partition(LISTENING)[2]
        yield HealthServer(line.split()[0], token, process)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
