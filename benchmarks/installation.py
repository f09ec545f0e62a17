"""An installation for a benchmark: a server of pages, a warehouse of its own, and measurements."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.pages_server import FIRST_ACCOUNT, serving
from benchmarks.processes import Usage, measured
from orchestration.clients.model import Client
from orchestration.settings import Settings
from orchestration.warehouse.embedded.server import EmbeddedServer
from orchestration.warehouse.migrations import migrate

UNTIL = date(2026, 11, 26)
NOW = "2026-11-27T12:00:00Z"
META_ADS = str(Path(sys.executable).with_name("meta-ads"))

Measure = Callable[[], AbstractContextManager[Usage]]
"""Measures this process with all that it starts, and Postgres; not the server of pages."""


@contextmanager
def installation(
    clients: int, campaigns: int, latency_milliseconds: int = 0
) -> Iterator[tuple[Settings, Measure]]:
    """Its settings, which the environment holds as well, and the way to measure; gone at the end.

    The clients file is to be written by who needs one.
    """
    with (
        tempfile.TemporaryDirectory(prefix="meta-ads-bench-") as folder,
        serving(clients, campaigns, latency_milliseconds) as (url, server_pid),
    ):
        Path(folder).chmod(0o755)
        os.environ |= {
            "META_ADS_HOME": folder,
            "META_ADS_SYSTEM_DATA": f"{folder}/system",
            "META_ADS_CLIENTS": f"{folder}/clients.yml",
            "META_API_URL": url,
            "META_ACCESS_TOKEN": "benchmark",
            "META_ADS_NOW": NOW,
        }
        settings = Settings()
        server = EmbeddedServer(settings.home, settings.system_data)
        try:
            server.ensure_running()
            migrate(settings)
            postgres = server.status().pid or 0
            yield settings, lambda: measured(server_pid, program=os.getpid(), postgres=postgres)
        finally:
            server.remove_data()


def clients_of(count: int) -> list[Client]:
    """So many clients of the server of pages."""
    return [
        Client(
            client_id=f"client_{number}",
            name=f"Client {number}",
            ad_account_id=f"act_{FIRST_ACCOUNT + number}",
        )
        for number in range(count)
    ]


def run_meta_ads(*arguments: str) -> dict[str, Any]:
    """`meta-ads run` as a user starts it, and the document that it prints."""
    done = subprocess.run(
        [META_ADS, "run", "--json", *arguments], stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode not in (0, 1):
        raise SystemExit(f"meta-ads run ended with exit code {done.returncode}")
    document: dict[str, Any] = json.loads(done.stdout)
    return document
