"""Days collected with their receipts and raw rows, and `meta-ads explain` about them."""

import json
from datetime import date
from typing import Any

from databases import Warehouse
from dbt_runs import Dbt
from factories import answered, entries, put_day
from psycopg.types.json import Jsonb


def build(dbt: Dbt) -> None:
    ended = dbt.build()
    assert ended.exit_code == 0, ended


def collect(warehouse: Warehouse, day: date, *campaigns: dict[str, Any], **more: Any) -> int:
    """Replace a day, with its receipts and the rows as the API sent them; returns the batch."""
    put_day(warehouse, "acme", day, *campaigns, **more)
    batch: int = warehouse.value(
        "select batch_id from ops.slice_state "
        "where client_id = 'acme' and level = 'campaign' and date_day = %s",
        [day],
    )
    for number, row in enumerate(campaigns):
        payload = answered(
            day,
            campaign_id=row["entity_id"],
            spend=str(row["spend"]),
            impressions=str(row["impressions"]),
            clicks=str(row["clicks"]),
            inline_link_clicks=str(row["link_clicks"]),
            actions=entries(row["actions"]),
            action_values=entries(row["values"]),
        )
        warehouse.execute(
            "insert into landing.insights values (%s, 'acme', 'campaign', %s, %s)",
            [batch, number, Jsonb(payload)],
        )
    for state in ("asked", "received"):
        warehouse.execute(
            "insert into ops.receipts (client_id, level, date_day, state, batch_id) "
            "values ('acme', 'campaign', %s, %s, %s)",
            [day, state, batch],
        )
    return batch


def run(warehouse: Warehouse, *arguments: str, code: int = 0) -> Any:
    done = warehouse.run("explain", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def run_json(warehouse: Warehouse, *arguments: str) -> Any:
    return json.loads(run(warehouse, "acme", "2026-11", *arguments, "--json").stdout)


def latest(warehouse: Warehouse) -> int:
    number: int = warehouse.value("select max(publication_id) from ops.publications")
    return number
