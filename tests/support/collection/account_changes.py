"""Clients by their account, written into the ledger."""

from datetime import date
from typing import Any

from databases import Warehouse

from orchestration.clients.model import Client
from orchestration.warehouse.ledger.clients import sync_clients

FIRST, DUE_DAY = date(2026, 11, 1), date(2026, 11, 14)


def client(client_id: str = "a", account: int = 1001, **more: Any) -> Client:
    values = {"client_id": client_id, "name": client_id, "ad_account_id": f"act_{account}"}
    return Client.model_validate(values | more)


def sync(warehouse: Warehouse, *clients: Client) -> None:
    with warehouse.connect() as connection:
        sync_clients(connection, clients)
