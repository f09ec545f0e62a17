"""What building and publishing costs, beside bare inserts of the same rows in the same run.

    python -m benchmarks.publication [--clients 100] [--campaigns 10] [--months 36]
    python -m benchmarks.publication --growth

The first form builds and publishes everything once: clients x campaigns x days of rows in staging,
with action types and attribution windows as the API sends them. The baselines insert the published
rows into empty tables with the same keys and indexes: by INSERT statements of a client, a thousand
in a transaction, as a loader does that brings nothing else with it; and by `insert ... select`,
which no loader can undercut, because the rows lie in the server already. `--growth`
compares the SQL time of one changed client-month among 36 months x 1,000 clients with that among
one month x 16 clients. A Postgres of its own is used; dbt runs in this process, as often as needed.
"""

import argparse
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import psycopg
from psycopg import sql

from benchmarks.server import server_of_its_own
from orchestration.settings import Settings
from orchestration.transformation.project import PROJECT_DIR, dbt_environment
from orchestration.warehouse.connection import Connection, connect, libpq_environment
from orchestration.warehouse.migrations import migrate

NO_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
REPEATS = 5

LOAD = """
insert into ops.clients (client_id, name, ad_account_id, status, expects_conversions, levels,
    owed_since, timezone_name, currency)
select 'client-' || lpad(n::text, 4, '0'), 'Client ' || n, 'act_' || n, 'active', true,
    array['campaign'], date '2026-11-01' - make_interval(months => {months}), 'UTC', 'EUR'
from generate_series(1, {clients}) as n;

insert into ops.batches (client_id, since, until, state, api_version)
select client_id, owed_since, '2026-10-31', 'kept', 'v26.0' from ops.clients;

create temporary table days as
select c.client_id, b.batch_id, replace(c.ad_account_id, 'act_', '') as account_id,
    replace(c.ad_account_id, 'act_', '') || '00' || k as campaign_id, d::date as date_day,
    10 * (10 + (random() * 90)::integer) as n
from ops.clients as c
join ops.batches as b using (client_id)
cross join generate_series(c.owed_since::timestamp, '2026-10-31', '1 day') as d
cross join generate_series(1, {campaigns}) as k
order by 1, 5, 4;

insert into staging.insights
select client_id, account_id, 'campaign', date_day, campaign_id, campaign_id,
    'Campaign ' || campaign_id, null, null, null, null, 'EUR', n * 1.37, n * 100, n * 80, n * 3,
    n * 2, batch_id
from days;

insert into staging.control_totals
select client_id, account_id, date_day, 'EUR', sum(n * 1.37), sum(n * 100), sum(n * 80),
    sum(n * 3), sum(n * 2), batch_id
from days group by client_id, account_id, date_day, batch_id order by 1, 3;

insert into staging.conversions
select client_id, account_id, level, date_day, entity_id,
    (select jsonb_agg(
        jsonb_build_object('action_type', t.name, 'value', (n * t.share)::integer::text)
        || case when t.is_conversion then jsonb_build_object(
            '7d_click', (n * t.share * 0.9)::integer::text,
            '1d_click', (n * t.share / 2)::integer::text,
            '1d_view', (n * t.share / 9)::integer::text)
        else '{{}}' end)
    from (values ('link_click', 2.0, false), ('landing_page_view', 1.2, false),
        ('post_engagement', 3.1, false), ('video_view', 5.0, false), ('omni_purchase', 0.1, true),
        ('purchase', 0.1, true), ('offsite_conversion.fb_pixel_purchase', 0.1, true)
    ) as t (name, share, is_conversion)),
    (select jsonb_agg(jsonb_build_object('action_type', name, 'value', (n * 3.1)::text,
        '7d_click', (n * 2.9)::text, '1d_click', n::text, '1d_view', (n * 0.3)::text))
    from (values ('omni_purchase'), ('purchase'), ('offsite_conversion.fb_pixel_purchase')
    ) as t (name)),
    batch_id
from (
    select client_id, account_id, 'campaign' as level, date_day, campaign_id as entity_id, n,
        batch_id
    from days
    union all
    select client_id, account_id, 'account', date_day, account_id, sum(n), batch_id
    from days group by client_id, account_id, date_day, batch_id
) as rows
order by client_id, date_day, level;

insert into ops.slice_state (client_id, level, date_day, state, row_count, batch_id, received_at,
    confirmed_at, read_for, last_attempt, last_attempt_at, last_batch_id)
select distinct client_id, l.level, date_day, 'received', 1, batch_id, now(), now(), date_day + 30,
    'received', now(), batch_id
from days cross join (values ('account'), ('campaign')) as l (level);

insert into ops.client_months (client_id, month, version)
select client_id, date_trunc('month', date_day)::date, nextval('ops.version_seq')
from days group by 1, 2;
drop table days;
"""

CHANGE = """
update staging.insights set spend = spend + 1
where client_id = 'client-0001' and date_day = '2026-10-15';
update staging.control_totals set spend = spend + {campaigns}
where client_id = 'client-0001' and date_day = '2026-10-15';
update ops.client_months set version = nextval('ops.version_seq')
where client_id = 'client-0001' and month = '2026-10-01';
"""


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--campaigns", type=int, default=10)
    parser.add_argument("--months", type=int, default=36)
    parser.add_argument("--growth", action="store_true", help="cost of one change, small and large")
    options = parser.parse_args()
    with server_of_its_own() as (url, home):
        os.environ |= {"META_ADS_HOME": str(home), "META_ADS_SYSTEM_DATA": f"{home}/system"}
        if options.growth:
            _growth(url)
        else:
            _full(url, options.clients, options.campaigns, options.months)


def _full(url: str, clients: int, campaigns: int, months: int) -> None:
    with _warehouse(url, "whole", clients, campaigns, months) as (settings, dbt):
        began = perf_counter()
        statements = dbt()
        seconds = perf_counter() - began
        with connect(settings, autocommit=True) as connection:
            rows = _published_rows(connection)
            inserts = _bare_inserts(connection, _insert_statements)
            copies = _bare_inserts(connection, _insert_select)
    days = rows["daily_campaign_performance"]
    _say(f"{days:,} campaign-days, {sum(rows.values()):,} published rows")
    _say(f"  bare INSERT statements of the same rows     {inserts:6.1f} s")
    _say(f"  insert ... select of the same rows          {copies:6.1f} s")
    _say(f"  first build and publication with dbt        {seconds:6.1f} s")
    _say(f"  its statements, of all threads              {statements:6.1f} s")
    slowest = sorted(dbt.nodes.items(), key=lambda node: -node[1])[:8]
    _say("  slowest nodes: " + ", ".join(f"{name} {spent:.1f} s" for name, spent in slowest))
    _say(f"  build and publication / INSERT statements   {seconds / inserts:6.2f}")
    _say(f"  build and publication / insert ... select   {seconds / copies:6.2f}")


def _growth(url: str) -> None:
    small = _one_change(url, 16, 1)
    large = _one_change(url, 1000, 36)
    _say(
        "One changed client-month of one campaign, SQL time of build and publication, best of "
        f"{REPEATS}"
    )
    _say(f"  among  1 month  x    16 clients          {small * 1000:6.0f} ms")
    _say(f"  among 36 months x 1,000 clients          {large * 1000:6.0f} ms")
    _say(f"  large / small                            {large / small:6.2f}")


def _one_change(url: str, clients: int, months: int) -> float:
    with _warehouse(url, f"clients_{clients}", clients, 1, months) as (settings, dbt):
        dbt()
        seconds = []
        for _ in range(REPEATS):
            with connect(settings, autocommit=True) as connection:
                connection.execute(CHANGE.format(campaigns=1).encode())
            seconds.append(dbt())
    return min(seconds)


@contextmanager
def _warehouse(
    url: str, name: str, clients: int, campaigns: int, months: int
) -> Iterator[tuple[Settings, "Dbt"]]:
    """A database of its own with rows in staging, everything still to be built."""
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f"create database {name}".encode())
    own_url = f"{url.rpartition('/')[0]}/{name}"
    os.environ |= {"WAREHOUSE_URL": own_url, "META_ADS_NOW": "2026-11-15T12:00:00Z"}
    settings = Settings()
    migrate(settings)
    dbt = Dbt(settings)
    dbt()
    with connect(settings, autocommit=True) as connection:
        load = LOAD.format(clients=clients, campaigns=campaigns, months=months)
        connection.execute(load.encode())
        connection.execute("vacuum analyze")
    yield settings, dbt
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f"drop database {name} with (force)".encode())


class Dbt:
    """`dbt build` without tests in this process; returns the seconds that its statements took."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.nodes: dict[str, float] = {}

    def __call__(self) -> float:
        """Build; returns the sum over all statements, of all threads."""
        from dbt.cli.main import dbtRunner

        spent: list[float] = []
        self.nodes = {}

        def note(event: Any) -> None:
            if event.info.name == "SQLQueryStatus":
                spent.append(event.data.elapsed)
            elif event.info.name == "NodeFinished":
                result = event.data.run_result
                self.nodes[event.data.node_info.node_name] = result.execution_time

        os.environ |= dbt_environment(self._settings) | libpq_environment(self._settings)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = dbtRunner(callbacks=[note]).invoke(
                [
                    "build",
                    *NO_TESTS,
                    "--quiet",
                    "--log-level-file",
                    "none",
                    "--project-dir",
                    str(PROJECT_DIR),
                ]
            )
        if not result.success:
            raise RuntimeError(str(result.exception or result.result))
        return sum(spent)


def _published_rows(connection: Connection) -> dict[str, int]:
    return {
        mart: _value(connection, sql.SQL("select count(*) from {}").format(_published(mart)))
        for mart in _marts(connection)
    }


def _bare_inserts(connection: Connection, insert: Callable[[Connection, str], float]) -> float:
    """Seconds of inserting what is published into empty tables with the same keys and indexes."""
    connection.execute("drop schema if exists bare cascade")
    connection.execute("create schema bare")
    marts = _marts(connection)
    for mart in marts:
        connection.execute(
            f"create table bare.{mart} (like published.{mart} including all)".encode()
        )
    connection.execute("checkpoint")
    return sum(insert(connection, mart) for mart in marts)


def _insert_select(connection: Connection, mart: str) -> float:
    began = perf_counter()
    bare = sql.Identifier("bare", mart)
    connection.execute(sql.SQL("insert into {} select * from {}").format(bare, _published(mart)))
    return perf_counter() - began


def _insert_statements(connection: Connection, mart: str) -> float:
    """Only the inserts count, not the reading of the rows."""
    seconds = 0.0
    with (
        connection.cursor(name="rows", withhold=True) as source,
        connection.cursor() as target,
    ):
        source.execute(sql.SQL("select * from {}").format(_published(mart)))
        insert = sql.SQL("insert into {} values ({})").format(
            sql.Identifier("bare", mart),
            sql.SQL(", ").join([sql.Placeholder()] * len(source.description or ())),
        )
        while rows := source.fetchmany(1000):
            began = perf_counter()
            with connection.transaction():
                target.executemany(insert, rows)
            seconds += perf_counter() - began
    return seconds


def _marts(connection: Connection) -> list[str]:
    rows = connection.execute("select tablename from pg_tables where schemaname = 'published'")
    return sorted(row[0] for row in rows)


def _published(mart: str) -> sql.Identifier:
    return sql.Identifier("published", mart)


def _value(connection: Connection, query: sql.Composed) -> int:
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
