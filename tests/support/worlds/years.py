"""A ledger of years, made by SQL: what a client leaves that is read every morning."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from databases import Warehouse
from factories import add_client

from orchestration.settings import Settings

FIRST, TODAY = date(2024, 1, 1), date(2026, 11, 15)
"""The first day that is owed, and the day of the tests' business time."""
LANDED_BEFORE, DAYS_BEFORE, CLOSED_BEFORE = date(2026, 8, 1), date(2025, 10, 1), date(2025, 6, 1)
"""What was landed, is of days, or was closed before these days is old."""
SCRIPT = Path(__file__).with_name("years.sql").read_text("utf-8").strip().removesuffix(";")
# One a morning and client, in their order, with room for others between them.
BATCHES = """
insert into ops.batches (
    batch_id, client_id, since, until, run_id, state, api_version, api_calls, row_count, asked_at,
    finished_at, read_for
)
overriding system value
select
    10 * row_number() over (order by r.day, c.client_id), c.client_id,
    greatest(c.first, r.day::date - 28), r.day::date - 1, 'run-' || r.day::date,
    'kept', 'v26.0', 2, 56, r.day + interval '5 hours', r.day + interval '301 minutes',
    r.day::date - 1
from unnest(%(clients)s::text[], %(firsts)s::date[]) as c (client_id, first)
cross join lateral generate_series(
    (c.first + 1)::timestamp, %(now)s::date::timestamp, interval '1 day'
) as r (day)
order by r.day, c.client_id
"""


def mornings_since(day: date) -> int:
    """A setting of so many days keeps what was read on this morning or later."""
    morning = datetime(day.year, day.month, day.day, 5, tzinfo=UTC)
    return -((morning - datetime.now(UTC)) // timedelta(days=1))


def keeping(warehouse: Warehouse, **changes: Any) -> Settings:
    """Settings by which what the constants above say is old."""
    values: dict[str, Any] = {
        "keep_landing_days": mornings_since(LANDED_BEFORE),
        "keep_receipts_days": (datetime.now(UTC).date() - DAYS_BEFORE).days,
        "keep_closed_days": mornings_since(CLOSED_BEFORE),
    }
    return warehouse.settings(**(values | changes))


def add_years(warehouse: Warehouse, **clients: date) -> None:
    """Clients with all their days since these, landed, staged and with their receipts."""
    for place, (client_id, first) in enumerate(clients.items(), 1):
        account = f"act_{place}"
        add_client(warehouse, client_id, owed_since=first, starts_on=first, ad_account_id=account)
    values = {"clients": [*clients], "firsts": [*clients.values()], "now": TODAY}
    with warehouse.connect() as connection:
        connection.execute(BATCHES, values)
        connection.execute(
            "select setval('ops.batches_batch_id_seq', max(batch_id)) from ops.batches"
        )
        for client_id in clients:
            for statement in SCRIPT.split(";\n"):
                connection.execute(statement.encode(), {"client": client_id})
    warehouse.execute("analyze")


def batch_of(warehouse: Warehouse, client_id: str, read_on: date) -> int:
    """The batch of a morning."""
    batch: int = warehouse.value(
        "select batch_id from ops.batches "
        "where client_id = %s and read_for = %s and state = 'kept'",
        [client_id, read_on - timedelta(1)],
    )
    return batch


def refuse(warehouse: Warehouse, client_id: str, day: date, read_on: date, *, is_open: bool) -> int:
    """A day that was asked for once more and refused, with rows in landing and in quarantine.

    What stood before stands on. Returns the batch.
    """
    at = datetime(read_on.year, read_on.month, read_on.day, 9, tzinfo=UTC)
    batch: int = warehouse.rows(
        "insert into ops.batches (batch_id, client_id, since, until, state, api_version, asked_at, "
        "finished_at, read_for) overriding system value select max(b.batch_id) + 1, %s, %s, %s, "
        "'refused', 'v26.0', %s, %s, %s from ops.batches as b where b.asked_at < %s "
        "returning batch_id",
        [client_id, day, day, at, at, read_on - timedelta(1), at],
    )[0][0]
    values: dict[str, Any] = {"client": client_id, "day": day, "batch": batch, "at": at}
    values["closed"] = None if is_open else at + timedelta(hours=1)
    for statement in REFUSAL:
        warehouse.execute(statement, values)
    if is_open:
        warehouse.execute(HELD, values)
    return batch


RECEIPT = """
insert into ops.receipts (client_id, level, date_day, state, batch_id, received_at, reason)
select %(client)s, l.level, %(day)s, s.state, %(batch)s, %(at)s, s.reason
from (values (1, 'asked', null), (2, 'refused', 'not_split: told so')) as s (place, state, reason)
cross join (values ('account'), ('campaign')) as l (level)
order by s.place, l.level
"""
ROWS = """
insert into landing.insights (batch_id, client_id, level, row_number, payload)
select %(batch)s, %(client)s, l.level, 0, l.payload || jsonb_build_object(
    'account_id', '1', 'account_currency', 'EUR', 'date_start', %(day)s::date,
    'date_stop', %(day)s::date, 'spend', '99', 'impressions', '1000', 'clicks', '50')
from (values ('account', '{}'), ('campaign', '{"campaign_id": "c1", "campaign_name": "C"}'::jsonb))
as l (level, payload)
"""
REFUSAL = [
    RECEIPT,
    ROWS,
    "insert into landing.witness_rows select batch_id, client_id, 'adset', row_number, payload "
    "from landing.insights where batch_id = %(batch)s and level = 'campaign'",
    "insert into quarantine.insights select batch_id, client_id, level, row_number, "
    "%(day)s::date, payload from landing.insights where batch_id = %(batch)s",
    "insert into quarantine.violations (batch_id, client_id, date_day, rule, severity, detail, "
    "found_at, closed_at) values (%(batch)s, %(client)s, %(day)s, 'not_split', 'blocking', "
    "'told so', %(at)s, %(closed)s)",
]
HELD = """
update ops.slice_state set
    (last_attempt, last_attempt_at, last_batch_id, last_reason, failed_attempts)
    = ('refused', %(at)s, %(batch)s, 'not_split: told so', 1)
where client_id = %(client)s and date_day = %(day)s
"""
