"""Six days of a client, read again from a sandbox that loses a part of one."""

from datetime import date
from typing import Any

import requests
from databases import Warehouse
from sandbox_support import spoil

from orchestration.clients.model import Client
from orchestration.collection.collection import Collection, collect
from orchestration.sandbox.process import SandboxProcess

SINCE, DAY, UNTIL = date(2026, 11, 9), date(2026, 11, 12), date(2026, 11, 14)
A = Client(client_id="a", name="A", ad_account_id="act_1001", starts_on=SINCE)
PURCHASES = """
select coalesce(sum(e.value), 0) from staging.conversions as c
cross join jsonb_to_recordset(c.actions) as e (action_type text, value numeric)
where c.client_id = 'a' and c.level = 'campaign' and e.action_type = 'omni_purchase'
    and c.date_day = %s
"""


def run(warehouse: Warehouse, sandbox: SandboxProcess, *clients: Client, **how: Any) -> Collection:
    settings = warehouse.settings(api_url=sandbox.url, retry_delays=(0.0, 0.0, 0.0))
    options: dict[str, Any] = {"since": SINCE, "until": UNTIL, "run_id": "run"} | how
    return collect(settings, clients or [A], **options)


def lose(sandbox: SandboxProcess, kind: str = "vanish", **how: Any) -> None:
    how = {"what": "family", "account": "act_1001", "since": str(DAY), "until": str(DAY)} | how
    spoil(sandbox, kind, **how)


def mend(sandbox: SandboxProcess) -> None:
    requests.delete(f"{sandbox.url}/sandbox/faults", timeout=20)


def state(warehouse: Warehouse, day: date = DAY) -> tuple[Any, ...]:
    """State of a day's campaigns, state of the last attempt, and the level that completed it."""
    (found,) = warehouse.rows(
        "select state, last_attempt, mended_from from ops.slice_state "
        "where client_id = 'a' and level = 'campaign' and date_day = %s",
        [day],
    )
    return tuple(found)


def open_rules(warehouse: Warehouse) -> set[tuple[Any, ...]]:
    return {
        tuple(row)
        for row in warehouse.rows(
            "select distinct date_day, rule, severity from quarantine.violations "
            "where closed_at is null"
        )
    }
