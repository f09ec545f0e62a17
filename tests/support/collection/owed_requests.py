"""Requests of clients a and their days: what is received, what failed, what is asked for."""

from datetime import date, timedelta
from typing import Any

from databases import Warehouse
from factories import campaign, days, put_day

from orchestration.clients.model import Client
from orchestration.collection.owed_request import OwedRequest, request_owed, windows_of_request
from orchestration.meta_api.errors import MetaApiError, TransientError
from orchestration.warehouse.intake.batches import open_batch, record_failure

FIRST, DUE = date(2026, 11, 1), date(2026, 11, 14)


def client(client_id: str = "a", **more: Any) -> Client:
    values = {"client_id": client_id, "name": client_id, "ad_account_id": f"act_{ord(client_id)}"}
    return Client.model_validate(values | more)


def request(warehouse: Warehouse, *clients: Client, now: str | None = None) -> OwedRequest | None:
    with warehouse.connect() as connection:
        if now:
            connection.execute("select set_config('meta_ads.now', %s, false)", [now])
        return request_owed(connection, clients or [client()])


def owed(warehouse: Warehouse, *clients: Client) -> dict[str, list[str]]:
    found = request(warehouse, *clients)
    return found.owed if found else {}


def windows(
    warehouse: Warehouse, wanted: dict[str, list[str]], *clients: Client, due_only: bool = False
) -> list[tuple[str, date, date]]:
    with warehouse.connect() as connection:
        found = windows_of_request(connection, clients or [client()], wanted, due_only=due_only)
    return [(window.client_id, window.since, window.until) for window in found]


def receive(warehouse: Warehouse, client_id: str, *received: date, **how: Any) -> None:
    for day in received:
        put_day(warehouse, client_id, day, campaign(), **how)


def fail(
    warehouse: Warehouse,
    client_id: str,
    since: date,
    until: date,
    error: MetaApiError | None = None,
    hours_ago: float = 0,
) -> None:
    """Record a failed collection of these days, `hours_ago` by the real clock."""
    with warehouse.connect() as connection:
        about = {"run_id": "r", "api_version": "v26.0"}
        batch = open_batch(connection, client_id, days(since, until), ["campaign"], about)
        record_failure(connection, client_id, batch, ["campaign"], error or TransientError("x"))
        ago = timedelta(hours=hours_ago)
        connection.execute("update ops.failed_collections set failed_at = failed_at - %s", [ago])
        connection.execute(
            "update ops.slice_state set last_attempt_at = last_attempt_at - %s", [ago]
        )
