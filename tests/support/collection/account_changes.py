"""Clients by their account, collected from a sandbox, and what the ledger says of them."""

from datetime import date
from typing import Any

import requests
from databases import Warehouse

from orchestration.clients.model import Client
from orchestration.collection.collection import Collection, collect
from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.ledger.clients import sync_clients

FIRST, DUE_DAY = date(2026, 11, 1), date(2026, 11, 14)


def client(client_id: str = "a", account: int = 1001, **more: Any) -> Client:
    values = {"client_id": client_id, "name": client_id, "ad_account_id": f"act_{account}"}
    return Client.model_validate(values | more)


def sync(warehouse: Warehouse, *clients: Client) -> None:
    with warehouse.connect() as connection:
        sync_clients(connection, clients)


def run(
    warehouse: Warehouse, sandbox: SandboxProcess, clients: list[Client], **how: Any
) -> Collection:
    settings = warehouse.settings(api_url=sandbox.url, retry_delays=(0.0, 0.0, 0.0))
    return collect(settings, clients, run_id="run", **how)


def paths(sandbox: SandboxProcess) -> list[str]:
    log = requests.get(f"{sandbox.url}/sandbox/log", timeout=20).json()["requests"]
    return [entry["path"] for entry in log]


def errors(warehouse: Warehouse) -> list[tuple[str, str]]:
    """Clients whose collection failed, with the names of their errors."""
    return warehouse.rows(
        "select distinct client_id, error from ops.failed_collections where closed_at is null "
        "order by 1"
    )


def received(warehouse: Warehouse, client_id: str) -> list[date]:
    found = warehouse.rows(
        "select date_day from ops.slice_state where client_id = %s and level = 'campaign' "
        "and state in ('received', 'empty') order by 1",
        [client_id],
    )
    return [row[0] for row in found]
