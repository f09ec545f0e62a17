"""What tests of publications do and read: builds, the command, what readers of the marts see."""

import json
from typing import Any

from databases import Warehouse
from dbt_runs import Dbt

READERS = {
    "daily_campaign_performance": "client_id, campaign_id, date_day, spend, conversions, leads",
    "monthly_campaign_performance": "client_id, campaign_id, month, spend, clicks, purchases",
    "monthly_conversion_metrics": "client_id, campaign_id, month, conversion_family, "
    "attribution_window, action_type, conversions, conversion_value",
    "monthly_client_summary": "client_id, month, spend, impressions, conversions, roas, campaigns",
    "dim_campaigns": "client_id, campaign_id",
}


def build(dbt: Dbt, *arguments: str) -> None:
    ended = dbt.build(*arguments)
    assert ended.exit_code == 0, ended


def ids(warehouse: Warehouse) -> list[int]:
    return [r[0] for r in warehouse.rows("select publication_id from ops.publications order by 1")]


def run(warehouse: Warehouse, *arguments: str, code: int = 0, **environment: str) -> Any:
    done = warehouse.run("publications", *arguments, **environment)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def run_json(warehouse: Warehouse, *arguments: str, code: int = 0) -> Any:
    return json.loads(run(warehouse, *arguments, "--json", code=code).stdout)


def shown(
    warehouse: Warehouse, *, schema: str = "marts", as_of: Any = None
) -> dict[str, list[Any]]:
    """What readers of the marts see."""
    found = {}
    with warehouse.connect() as connection:
        if as_of is not None:
            connection.execute("select set_config('meta_ads.as_of', %s, true)", [str(as_of)])
        for view, columns in READERS.items():
            rows = connection.execute(f"select {columns} from {schema}.{view}")
            found[view] = sorted(map(str, rows))
    return found
