"""A build is due where it would find something to do, and only there."""

from client_months import SOUND
from databases import Warehouse
from dbt_runs import PROJECT, Dbt
from factories import add_client, campaign, put_day
from three_days import FIRST, SECOND

from orchestration.warehouse.publications.builds import is_build_due


def due(warehouse: Warehouse, project: str = PROJECT) -> bool:
    with warehouse.connect() as connection:
        return is_build_due(connection, project)


def put_split(warehouse: Warehouse) -> None:
    """A client with a sound day, and one of which the campaigns lack their conversions."""
    add_client(warehouse, "acme")
    put_day(warehouse, "acme", FIRST, SOUND)
    purchases = {"actions": {"omni_purchase": 4}, "values": {}}
    put_day(warehouse, "acme", SECOND, campaign("c1"), account=purchases)


def test_new_data_another_project_and_what_was_left_out_make_a_build_due(
    warehouse: Warehouse, dbt: Dbt
) -> None:
    assert not due(warehouse)
    assert due(warehouse, "the project of tomorrow")
    put_split(warehouse)
    assert due(warehouse)
    assert dbt.build_with_views().exit_code == 0
    # What a build left out is tried again.
    assert due(warehouse)
    put_day(warehouse, "acme", SECOND, SOUND)
    assert dbt.build_with_views().exit_code == 0
    assert not due(warehouse)


def test_a_build_without_every_model_leaves_one_due(warehouse: Warehouse, dbt: Dbt) -> None:
    add_client(warehouse, "acme")
    put_day(warehouse, "acme", FIRST, SOUND)
    # It publishes, but the views of the marts stay as an earlier project made them.
    assert dbt("build", "--select", "+publication").exit_code == 0
    state = "select state from ops.builds order by build_id desc limit 1"
    assert warehouse.value(state) == "published"
    assert due(warehouse)
    assert dbt.build_hourly().exit_code == 0
    assert not due(warehouse)


def test_a_failed_build_leaves_one_due(warehouse: Warehouse, dbt: Dbt) -> None:
    assert dbt("build", "--select", "stg_ledger__clients").exit_code == 0
    state = "select state from ops.builds order by build_id desc limit 1"
    assert warehouse.value(state) == "failed"
    assert due(warehouse)


def test_missing_marts_make_a_build_due(warehouse: Warehouse) -> None:
    warehouse.execute("drop schema marts cascade")
    assert due(warehouse)


def test_a_failed_test_leaves_a_build_due_though_every_model_was_built(
    warehouse: Warehouse, dbt: Dbt
) -> None:
    put_split(warehouse)
    ended = dbt.build_hourly()
    assert ended.exit_code == 1
    assert ended.those("error", "skipped") == set()
    # So that nothing is in hand any more, and only the test is left to be run again.
    warehouse.execute("update ops.client_months set published_version = version")
    assert due(warehouse)
    assert dbt.build_with_views().exit_code == 0
    assert not due(warehouse)


def test_a_mart_that_is_gone_makes_a_build_due(warehouse: Warehouse, dbt: Dbt) -> None:
    assert not due(warehouse)
    warehouse.execute("drop view marts.dim_names cascade")
    assert due(warehouse)
    assert dbt.build_with_views().exit_code == 0
    assert not due(warehouse)
