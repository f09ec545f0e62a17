"""What a publication reads grows with its rows, whatever the planner expects."""

import psycopg
from databases import Warehouse
from dbt_runs import Dbt

from benchmarks.publication import LOAD

CLIENTS, CAMPAIGNS = 30, 25
BLOCKS = (
    "select heap_blks_hit + heap_blks_read from pg_statio_user_tables "
    "where schemaname = 'published' and relname = 'daily_campaign_performance'"
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
