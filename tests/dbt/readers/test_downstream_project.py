"""The example of a dbt project that reads the marts: whole months alone, and red for the others."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from databases import Warehouse
from dbt.cli.main import dbtRunner
from dbt_runs import Dbt
from factories import add_client, campaign, days, purchases, put_month
from psycopg.conninfo import conninfo_to_dict
from three_days import MONTH

PROJECT = Path(__file__).parents[3] / "examples" / "downstream_dbt"
LATER = "2026-12-03T12:00:00Z"
"""November has ended, and days of December are owed."""
PLACE = ("--project-dir", str(PROJECT))
OWNER, PASSWORD = "reports", "s3cret"


@pytest.fixture
def months(warehouse: Warehouse, dbt: Dbt) -> Iterator[Warehouse]:
    """November of two clients, one of which lacks its last days; and a login for reports."""
    sold = campaign("c1", **purchases(2))
    for client_id, last in (("whole", 30), ("gap", 28)):
        add_client(warehouse, client_id)
        put_month(warehouse, client_id, days(MONTH, MONTH.replace(day=last)), sold)
    assert dbt.build().exit_code == 0
    warehouse.execute(f"create role {OWNER} login password '{PASSWORD}' in role analyst")
    warehouse.execute(f"grant {OWNER} to current_user")
    warehouse.execute(f"create schema {OWNER} authorization {OWNER}")
    yield warehouse
    warehouse.execute(f"drop owned by {OWNER} cascade")
    warehouse.execute(f"drop role {OWNER}")


def test_it_reports_whole_months_and_is_red_for_the_others(
    months: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = conninfo_to_dict(months.url)
    for name, value in {
        "PGHOST": place["host"],
        "PGPORT": place["port"],
        "PGDATABASE": place["dbname"],
        "PGUSER": OWNER,
        "PGPASSWORD": PASSWORD,
        "PGOPTIONS": f"-c meta_ads.now={LATER}",
        "DBT_PROFILES_DIR": PROJECT,
        "DBT_TARGET_PATH": tmp_path / "target",
        "DBT_LOG_PATH": tmp_path / "logs",
    }.items():
        monkeypatch.setenv(name, str(value))
    before = sorted(PROJECT.iterdir())
    ended = invoke("build")
    assert {name: state for name, state in ended.items() if state not in ("pass", "success")} == {
        "source_months_are_whole_meta_ads_client_month_states": "fail"
    }
    report = months.rows("select client_id, month, conversions from reports.client_report")
    assert report == [("whole", MONTH, 60)]
    assert {*invoke("source", "freshness").values()} == {"pass"}
    assert sorted(PROJECT.iterdir()) == before


def invoke(*arguments: str) -> dict[str, str]:
    """`dbt …` in the example's folder: the state of each node."""
    done = dbtRunner().invoke([*arguments, "--quiet", "--log-level-file", "none", *PLACE])
    assert done.exception is None, done.exception
    results: Any = done.result
    return {each.node.name.split("__")[0]: str(each.status) for each in results.results}
