"""A warehouse with something for every metric."""

from datetime import date, timedelta

from databases import Warehouse
from factories import LATEST_DUE_DAY, add_client, campaign, put_day

from orchestration.warehouse.sql_files import read_sql

KPI_TOKEN = "a-token-for-kpis-only"


def day(age: int) -> date:
    return LATEST_DUE_DAY - timedelta(days=age)


def make_world(warehouse: Warehouse) -> None:
    """A client with a day of every state, one whose day is not late yet, one that is not listed."""
    add_client(warehouse, "acme", owed_since=day(9))
    for age in (0, 1, 2):
        put_day(warehouse, "acme", day(age), campaign())
    put_day(warehouse, "acme", day(3), state="empty")
    put_day(warehouse, "acme", day(4), campaign())
    violated(warehouse, day(4), "thin_day", "warning")
    put_day(warehouse, "acme", day(5), state="none")
    violated(warehouse, day(5), "not_split", "blocking")
    put_day(warehouse, "acme", day(6), state="none")
    violated(warehouse, day(6), "control_totals_agree", "blocking")
    put_day(warehouse, "acme", day(7), state="none")
    put_day(warehouse, "acme", day(8), state="waived")
    # Day 9 was never asked for. At noon in UTC it is four in the morning in Los Angeles: the day is
    # due and not late.
    add_client(warehouse, "borealis", owed_since=day(0), timezone_name="America/Los_Angeles")
    add_client(warehouse, "former", is_listed=False)
    put_day(warehouse, "former", day(0), campaign())
    warehouse.execute(read_sql(__file__, "metrics_world"))


def violated(warehouse: Warehouse, date_day: date, rule: str, severity: str) -> None:
    warehouse.execute(
        "insert into quarantine.violations (batch_id, client_id, date_day, rule, severity, detail) "
        "select last_batch_id, client_id, date_day, %s, %s, 'so' from ops.slice_state "
        "where client_id = 'acme' and level = 'campaign' and date_day = %s",
        [rule, severity, date_day],
    )
