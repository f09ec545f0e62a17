"""One build at a time: a second one is refused, a dead one is taken over."""

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from client_months import LATEST_BUILD, published_days
from databases import Warehouse
from dbt_runs import Dbt
from factories import touch_month
from three_days import FIRST

TIMEOUT_SECONDS = 60


def test_a_second_build_while_one_runs_is_refused_with_its_number(
    warehouse: Warehouse, dbt: Dbt, clients: tuple[str, str]
) -> None:
    build = warehouse.value("select ops.open_build('another', false)")
    ended = dbt.build()
    assert ended.exit_code == 1
    said = ended.messages["meta_ads_warehouse-on-run-start-1"]
    assert f"Another build is running: number {build}" in said
    assert "meta-ads build --take-over" in said
    assert "publication" in ended.those("skipped")
    assert published_days(warehouse) == []
    assert warehouse.value("select state from ops.builds where build_id = %s", [build]) == "running"
    warehouse.execute("select ops.end_build('another', false)")
    assert dbt.build().exit_code == 0


def test_a_build_whose_lease_is_stale_is_superseded_and_stopped_at_its_next_step(
    warehouse: Warehouse, dbt: Dbt, clients: tuple[str, str]
) -> None:
    stale = warehouse.value("select ops.open_build('another', false)")
    warehouse.execute(
        "update ops.builds set heartbeat_at = now() - interval '11 minutes' where state = 'running'"
    )
    assert dbt.build().exit_code == 0
    states = warehouse.rows(
        "select state from ops.builds where build_id >= %s order by build_id", [stale]
    )
    assert states == [("superseded",), ("published",)]
    before = warehouse.rows("select xmin, * from published.client_months")
    for step in (
        "ops.touch_build('another', 'int_family_days')",
        "ops.publish('another', array['client_months'], array[]::text[])",
    ):
        with pytest.raises(psycopg.errors.RaiseException, match="holds no build"):
            warehouse.execute(f"select {step}")
    assert warehouse.rows("select xmin, * from published.client_months") == before


def test_a_step_keeps_the_lease_of_its_build_alive(warehouse: Warehouse) -> None:
    warehouse.execute("select ops.open_build('one', false)")
    warehouse.execute(
        "update ops.builds set heartbeat_at = now() - interval '9 minutes' where state = 'running'"
    )
    warehouse.execute("select ops.touch_build('one', 'int_family_days')")
    fresh = (
        "select heartbeat_at > now() - interval '1 minute' from ops.builds "
        "where invocation_id = 'one'"
    )
    assert warehouse.value(fresh) is True
    with pytest.raises(psycopg.errors.RaiseException, match="Another build is running"):
        warehouse.execute("select ops.open_build('two', false)")


def test_a_node_that_takes_long_holds_up_only_what_reads_it(
    warehouse: Warehouse, dbt: Dbt, clients: tuple[str, str]
) -> None:
    built = (
        "select n.node from ops.build_nodes as n join ops.builds as b using (build_id) "
        "where b.state = 'running' order by 1"
    )
    with warehouse.connect() as somebody, ThreadPoolExecutor() as pool:
        somebody.execute("lock table intermediate.int_monthly_counts")
        build = pool.submit(dbt.build)
        try:
            deadline = time.monotonic() + TIMEOUT_SECONDS
            while ("int_monthly_values",) not in (nodes := warehouse.rows(built)):
                assert time.monotonic() < deadline, nodes
                assert not build.done()
                time.sleep(0.1)
            assert ("int_monthly_counts",) not in nodes
        finally:
            somebody.rollback()
        assert build.result().exit_code == 0


def test_whoever_takes_a_build_over_waits_until_none_of_its_nodes_is_at_work(
    warehouse: Warehouse,
) -> None:
    build = warehouse.value("select ops.open_build('one', false)")
    warehouse.execute("update ops.builds set heartbeat_at = now() - interval '11 minutes'")
    with warehouse.connect() as node, warehouse.connect() as another:
        node.execute("select ops.hold_build('one')")
        another.execute("set lock_timeout = '200ms'")
        another.commit()
        for takes_over in ("ops.open_build('two', false)", f"ops.supersede_build({build})"):
            with pytest.raises(psycopg.errors.LockNotAvailable):
                another.execute(f"select {takes_over}")
            another.rollback()
        node.execute("select ops.touch_build('one', 'int_monthly_counts')")
        node.commit()
        with pytest.raises(psycopg.errors.RaiseException, match="Another build is running"):
            another.execute("select ops.open_build('two', false)")
        another.rollback()
        another.execute(f"select ops.supersede_build({build})")
        another.commit()
        with pytest.raises(psycopg.errors.RaiseException, match="holds no build"):
            node.execute("select ops.hold_build('one')")


def test_two_builds_that_begin_at_once_leave_one_running(warehouse: Warehouse) -> None:
    with warehouse.connect() as one:
        one.execute("select ops.open_build('one', false)")
        with warehouse.connect() as two:
            two.execute("set lock_timeout = '200ms'")
            two.commit()
            with pytest.raises(psycopg.errors.LockNotAvailable):
                two.execute("select ops.open_build('two', false)")
    with pytest.raises(psycopg.errors.RaiseException, match="Another build is running"):
        warehouse.execute("select ops.open_build('two', false)")


def test_only_the_client_months_whose_slices_changed_are_in_hand(
    warehouse: Warehouse, dbt: Dbt, clients: tuple[str, str]
) -> None:
    assert dbt.build().exit_code == 0
    touch_month(warehouse, "borealis", FIRST)
    dbt.build()
    in_hand = f"select client_id from ops.build_client_months where build_id = {LATEST_BUILD}"
    assert warehouse.rows(in_hand) == [("borealis",)]
    dbt.build("--full-refresh")
    assert len(warehouse.rows(in_hand)) == 2
