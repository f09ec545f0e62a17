"""Collects three days of some clients from a sandbox; the requests that this took."""

from datetime import date
from typing import Any

import requests
from databases import Warehouse

from orchestration.clients.model import Client
from orchestration.collection.collection import Collection, collect
from orchestration.progress import Silent
from orchestration.sandbox.process import SandboxProcess

SINCE, UNTIL = date(2026, 11, 12), date(2026, 11, 14)


def asked(sandbox: SandboxProcess) -> list[tuple[str, str | None]]:
    """The path and level of every request so far."""
    log = requests.get(f"{sandbox.url}/sandbox/log", timeout=20).json()["requests"]
    return [(entry["path"], entry.get("level")) for entry in log]


def client(number: int, **more: Any) -> Client:
    values = {"client_id": f"c{number}", "name": f"C{number}", "ad_account_id": f"act_{number}"}
    return Client.model_validate(values | more)


def run(
    warehouse: Warehouse,
    sandbox: SandboxProcess,
    clients: list[Client],
    progress: Silent | None = None,
    since: date = SINCE,
    **settings: Any,
) -> Collection:
    values = {"api_url": sandbox.url, "retry_delays": (0.0, 0.0, 0.0)} | settings
    return collect(
        warehouse.settings(**values),
        clients,
        since=since,
        until=UNTIL,
        run_id="run",
        progress=progress,
    )
