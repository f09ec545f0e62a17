"""What a build reads grows with its rows, whatever the planner expects."""

import psycopg
from databases import Warehouse
from dbt_runs import Dbt

from benchmarks.publication import LOAD

CLIENTS, CAMPAIGNS = 30, 25
BLOCKS = (
    "select heap_blks_hit + heap_blks_read from pg_statio_user_tables "
    "where schemaname = 'published' and relname = 'daily_campaign_performance'"
)

EARLIER = """
    set local session_replication_role = replica;
    insert into published.daily_campaign_performance
        (client_id, account_id, campaign_id, month, date_day, currency, spend, publication_id)
    select client_id, account_id, campaign_id, date_trunc('month', date_day), date_day, 'EUR', 1, 1
    from staging.insights where level = 'campaign'
"""
"""Published rows of all months but the newest."""
PUBLISHED_OF_BUILD = (
    "select * from published.daily_campaign_performance "
    "join ops.build_client_months using (client_id, month) where build_id ="
)


def test_a_first_publication_does_not_look_through_its_own_rows(
    warehouse: Warehouse, dbt: Dbt
) -> None:
    with psycopg.connect(warehouse.url, autocommit=True) as connection:
        connection.execute(LOAD.format(clients=CLIENTS, campaigns=CAMPAIGNS, months=1).encode())
        # As autovacuum leaves it: the planner expects that nothing is published. It then searched
        # the table for each new row while it was filled, and read 5 million blocks.
        connection.execute("vacuum analyze")
    assert dbt.build().exit_code == 0
    rows = warehouse.value("select count(*) from published.daily_campaign_performance")
    assert rows == CLIENTS * CAMPAIGNS * 31
    assert 0 < warehouse.value(BLOCKS) < 5 * rows


def test_a_month_that_began_since_the_statistics_is_expected(
    warehouse: Warehouse, dbt: Dbt
) -> None:
    staged = [f"staging.{name}" for name in ("insights", "conversions", "control_totals")]
    tables = [*staged, "ops.slice_state"]
    with psycopg.connect(warehouse.url, autocommit=True) as connection:
        connection.execute(LOAD.format(clients=4, campaigns=10, months=13).encode())
        for table in tables:
            newest = f"from {table} where date_day >= '2026-10-01'"
            connection.execute(f"create table {table}_newest as select * {newest}".encode())
            connection.execute(f"delete {newest}".encode())
        connection.execute("update ops.client_months set published_version = version")
        connection.execute(EARLIER)
    # Another connection: what the first one changed is counted once it has ended.
    with psycopg.connect(warehouse.url, autocommit=True) as connection:
        connection.execute("vacuum analyze")
        for table in tables:
            connection.execute(f"insert into {table} select * from {table}_newest".encode())
            connection.execute(f"drop table {table}_newest".encode())
        connection.execute(
            "update ops.client_months set published_version = null where month = '2026-10-01'"
        )
    assert dbt.build().exit_code == 0
    published = "select * from published.daily_campaign_performance where month = '2026-10-01'"
    rows = len(warehouse.rows(published))
    assert rows == 4 * 10 * 31
    days = "select * from intermediate.int_delivery_days where level = 'campaign'"
    plan = warehouse.value(f"explain (format json) {days}")
    # It expected one row, looked through the conversions once for each, and needed 15 minutes for
    # 50,000. A factor of nine is what it takes for granted of a range of days.
    assert plan[0]["Plan"]["Plan Rows"] > rows / 20

    # Published for the first time, it is still less than a tenth of what is published.
    assert warehouse.value(f"explain (format json) {published}")[0]["Plan"]["Plan Rows"] == 1
    warehouse.execute(
        "update ops.client_months set published_version = null where month = '2026-10-01'"
    )
    assert dbt.build().exit_code == 0
    latest = warehouse.value("select max(build_id) from ops.builds")
    for query in (published, f"{PUBLISHED_OF_BUILD} {latest}"):
        plan = warehouse.value(f"explain (format json) {query}")
        assert plan[0]["Plan"]["Plan Rows"] > rows / 2, query
