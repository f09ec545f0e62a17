"""The server of the health API as a process of its own, on a free port."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

META_ADS = str(Path(sys.executable).with_name("meta-ads"))
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
def serving(warehouse: Any, token: str = "", **environment: str) -> Iterator[HealthServer]:
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


@pytest.fixture
def server_of() -> Any:
    """`serving`, for tests that choose the environment."""
    return serving


@pytest.fixture
def health_server(warehouse: Any) -> Iterator[HealthServer]:
    """A server of the test's warehouse, with an admin token."""
    with serving(warehouse, TOKEN) as server:
        yield server
