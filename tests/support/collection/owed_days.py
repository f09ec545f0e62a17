"""A client, the days that it received, and the windows that it owes."""

from datetime import date
from typing import Any

from databases import Warehouse
from factories import campaign, days, put_day

from orchestration.clients.model import Client
from orchestration.collection.plan import owed_windows

FIRST, DUE = date(2026, 11, 1), date(2026, 11, 14)


def client(client_id: str = "a", **more: Any) -> Client:
    values = {"client_id": client_id, "name": "A", "ad_account_id": "act_1"}
    return Client.model_validate(values | more)


def owed(
    warehouse: Warehouse,
    *,
    due_only: bool = False,
    levels: tuple[str, ...] = ("campaign",),
    **shared: int,
) -> list[tuple[date, date]]:
    """The windows that client a owes; `shared` are settings that SQL reads."""
    for name, value in shared.items():
        warehouse.execute(
            "insert into ops.settings values (%s, %s) on conflict (name) "
            "do update set value = excluded.value",
            [name, str(value)],
        )
    with warehouse.connect() as connection:
        windows = owed_windows(connection, [client(levels=levels)], due_only=due_only)
    return [(window.since, window.until) for window in windows]


def receive(warehouse: Warehouse, since: date, until: date, **how: Any) -> None:
    for day in days(since, until):
        put_day(warehouse, "a", day, *([] if how.get("state") else [campaign()]), **how)
