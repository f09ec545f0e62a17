"""A crash of the server between two nodes empties what the build made; nothing of it is published.

dbt does not notice such a crash: each node logs in anew, and waits for a server that starts.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from databases import Warehouse
from dbt_runs import Dbt, Once
from factories import add_client, campaign, purchases, put_day

DAY = date(2026, 11, 1)
SUMMARY = "select spend, conversions from marts.monthly_client_summary"
UNLOGGED = """
select format('%I.%I', n.nspname, c.relname) from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
where c.relkind = 'r' and c.relpersistence = 'u' order by 1
"""
NODES = "select node from ops.build_nodes where build_id > %s"
LAST = "select max(build_id) from ops.builds"


@pytest.fixture
def changed(warehouse: Warehouse, dbt: Dbt, once: Once) -> Any:
    """A published client-month that got another day since."""

    def make() -> None:
        add_client(warehouse, "acme")
        put_day(warehouse, "acme", DAY, campaign("c1", **purchases(2)))
        assert dbt.build().exit_code == 0

    once("lost_candidates_published", make)
    put_day(warehouse, "acme", date(2026, 11, 2), campaign("c1", **purchases(3)))
    return warehouse


def build_with_a_crash_after(
    warehouse: Warehouse, dbt: Dbt, node: str, lose: Callable[[Any], None]
) -> Any:
    """Build; what follows the node waits until `lose` did to the tables what a crash does."""
    tables = [name for (name,) in warehouse.rows(UNLOGGED) if name != "ops.build_nodes"]
    last = warehouse.value(LAST)
    later = [name for name in tables if name.partition(".")[2] != node]
    with warehouse.connect() as holder, ThreadPoolExecutor(1) as pool:
        holder.execute(f"lock table {', '.join(later)} in share mode")
        building = pool.submit(dbt.build)
        deadline = time.monotonic() + 60
        while (node,) not in warehouse.rows(NODES, [last]):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        lose(warehouse)
        holder.rollback()
        return building.result()


def lose_everything(warehouse: Warehouse) -> None:
    """The tables of the build with their marks."""
    warehouse.execute("delete from intermediate.int_build_client_months")
    warehouse.execute("delete from ops.build_nodes")


def lose_the_rows_only(warehouse: Warehouse) -> None:
    """Which no crash does; the comparison with staging is a wall of its own."""
    warehouse.execute("delete from intermediate.int_build_client_months")


def test_a_crash_between_two_nodes_publishes_nothing_and_the_next_build_all(
    changed: Warehouse, dbt: Dbt
) -> None:
    before = changed.rows(SUMMARY)
    ended = build_with_a_crash_after(changed, dbt, "int_build_client_months", lose_everything)
    assert ended.exit_code == 1
    assert "Not built in this run" in ended.messages["publication"]
    assert "int_build_client_months" in ended.messages["publication"]
    assert changed.rows(SUMMARY) == before
    changed.execute("update ops.builds set state = 'failed' where state = 'running'")
    assert dbt.build().exit_code == 0
    assert changed.rows(SUMMARY) == [(20, 5)]


def test_a_month_whose_rows_were_lost_with_the_marks_in_place_is_left_out(
    changed: Warehouse, dbt: Dbt
) -> None:
    before = changed.rows(SUMMARY)
    ended = build_with_a_crash_after(changed, dbt, "int_build_client_months", lose_the_rows_only)
    assert ended.exit_code == 0, ended
    assert changed.rows(SUMMARY) == before
    left_out = "select distinct left_out from ops.build_client_months where left_out is not null"
    assert changed.rows(left_out) == [("it was not built",)]
    assert dbt.build().exit_code == 0
    assert changed.rows(SUMMARY) == [(20, 5)]


TAMPERED = {
    "delete from candidate.daily_campaign_performance": "it has 0 of 2 rows of its days",
    "update candidate.daily_campaign_performance set spend = spend - 0.01": (
        "it has not the sums of its days"
    ),
    "delete from candidate.monthly_action_metrics": "it has none of its actions",
}
"""What happens to candidates, and why their client-month is left out then."""


def test_a_candidate_that_is_not_what_staging_holds_is_left_out(
    changed: Warehouse, dbt: Dbt
) -> None:
    """Whatever made it so: the audits compare candidates with each other."""
    ended = dbt("build", "--select", "+audit_findings", "--exclude-resource-type", "unit_test")
    assert ended.exit_code == 0, ended
    build = f"({LAST})"
    for tamper, reason in TAMPERED.items():
        with changed.connect() as connection:
            connection.execute(tamper.encode())
            connection.execute(f"select ops.leave_out({build})".encode())
            found = connection.execute(
                f"select left_out from ops.build_client_months where build_id = {build}".encode()
            ).fetchall()
            connection.rollback()
        assert found == [(reason,)], tamper


def test_every_table_that_a_crash_empties_bears_a_mark(changed: Warehouse, dbt: Dbt) -> None:
    last = changed.value(LAST)
    assert dbt.build().exit_code == 0
    marked = {name for (name,) in changed.rows(NODES, [last])}
    for (table,) in changed.rows(UNLOGGED):
        schema, _, name = table.partition(".")
        if schema != "ops":
            assert {name, f"candidate_{name}"} & marked, table
