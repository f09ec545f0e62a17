"""How fast the health API answers while many ask, beside a bare `select 1` of the same server.

    python -m benchmarks.health [--clients 1000] [--days 400] [--seconds 20] [--rate 200]
        [--connections 50]

A warehouse of clients x days is made on a Postgres of its own, with gaps, refused days and fresh
KPI caches. `meta-ads serve` runs as a process pinned to ONE core, the last one; this process, which
makes the load, and Postgres are pinned to the other cores (on Linux; elsewhere, and where there is
one core only, nothing is pinned, and that is said). Each endpoint is asked alone, then all of them
mixed, over keep-alive connections at a constant rate. The times of sending are planned beforehand
and latency counts from the plan, so that a server that stalls does not hide what would have been
sent meanwhile. `late` is how long after its plan a request was sent, of 99 in 100: the timer's own
millisecond, waits for a free connection, and whatever else the machine is busy with.

The baseline is /readyz of the same run: routing, a connection of the pool and `select 1`. Printed
beside it is what the checks cost in SQL, which the server reads again every few seconds beside the
requests (the first one after a pause waits for it), and the days of a page of the dashboard.
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, LiteralString

import psutil
from psycopg.sql import Composed

from benchmarks.server import server_of_its_own
from orchestration.health import checks as health_checks
from orchestration.health.catalogue import CHECKS
from orchestration.health.checks import asked, statement
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection, connect
from orchestration.warehouse.migrations import migrate
from orchestration.warehouse.sql_files import read_sql

META_ADS = str(Path(sys.executable).with_name("meta-ads"))
LISTENING = "listening on "
NOW = "2026-11-15T12:00:00Z"
TOKEN = "a-token-of-the-benchmark"
READY, HEALTH, KPIS = "/readyz", "/api/admin/data-health", "/api/clients/{client}/kpis"
TARGETS_MS = {HEALTH: 50.0, KPIS: 20.0}
"""What 99 of 100 requests should stay below."""
REPEATS = 5
PAGE_CLIENTS, PAGE_DAYS = 50, 28
GRACE_SECONDS = 10.0
"""After the planned end of a load; what is not answered by then is an error."""

LOAD = """
-- The rows fit together: nothing checks 2 million references.
set session_replication_role = replica;
set synchronous_commit = off;

insert into ops.clients (client_id, name, ad_account_id, status, expects_conversions, levels,
    owed_since, timezone_name, currency)
select 'client-' || to_char(n, 'FM000000'), 'Client ' || n, 'act_' || n, 'active', true,
    array['campaign'], ops.latest_due_day(z.name) - {days} + 1, z.name, 'EUR'
from generate_series(1, {clients}) as n
cross join lateral (select (array['UTC', 'Europe/Berlin', 'Europe/London', 'America/New_York',
    'America/Chicago', 'America/Los_Angeles', 'America/Sao_Paulo', 'Asia/Tokyo', 'Asia/Kolkata',
    'Australia/Sydney', 'Pacific/Auckland', 'Pacific/Honolulu'])[1 + n % 12] as name) as z;

insert into ops.client_pauses (client_id, since, until, reason)
select client_id, owed_since + 20, owed_since + 40, 'season' from ops.clients
where right(client_id, 1) = '7';

-- One day in fifty has no delivery. One client in 25 has a day, never its latest one, that was
-- never asked for, failed, was refused, or was refused while earlier rows stand.
create temporary table days as
select
    c.client_id, d::date as date_day, row_number() over () as batch_id,
    case
        when k.n % 25 = 3 and age = 2 + k.n % 20
            then (array['missing', 'failed', 'refused', 'held'])[1 + (k.n / 25) % 4]
        when age > 0 and (k.n * 7919 + age * 104729) % 50 = 0 then 'empty'
        else 'received'
    end as fate
from ops.clients as c
cross join lateral (select right(c.client_id, 6)::integer as n) as k
cross join generate_series(0, {days} - 1) as age
cross join lateral (select c.owed_since + {days} - 1 - age as d) as day;

insert into ops.batches (batch_id, client_id, since, until, state, api_version, finished_at)
overriding system value
select batch_id, client_id, date_day, date_day,
    case fate when 'failed' then 'failed' when 'refused' then 'refused' when 'held' then 'refused'
        else 'kept' end,
    'v26.0', now()
from days where fate <> 'missing';

insert into ops.receipts (client_id, level, date_day, state, row_count, batch_id)
select client_id, 'campaign', date_day, case fate when 'held' then 'refused' else fate end, 10,
    batch_id
from days where fate <> 'missing';

insert into ops.slice_state (client_id, level, date_day, state, row_count, content_hash, batch_id,
    received_at, confirmed_at, read_for, last_attempt, last_attempt_at, last_batch_id, last_reason,
    failed_attempts)
select
    client_id, l.level, date_day,
    case when fate in ('received', 'empty') then fate when fate = 'held' then 'received'
        else 'none' end,
    case fate when 'received' then 10 else 0 end, md5(batch_id::text), batch_id, now(), now(),
    date_day + 28, case fate when 'held' then 'refused' else fate end, now(), batch_id,
    case when fate not in ('received', 'empty') then 'so said the API' end,
    case when fate not in ('received', 'empty') then 3 else 0 end
from days cross join (values ('account'), ('campaign')) as l (level)
where fate <> 'missing'
order by client_id, level, date_day;

insert into quarantine.violations (batch_id, client_id, date_day, rule, severity, detail)
select batch_id, client_id, date_day, 'control_totals_agree', 'blocking', 'spend: 100 and 90'
from days where fate in ('refused', 'held')
union all
select batch_id, client_id, date_day, 'thin_day', 'warning', 'spend of 3, usually 100'
from days where fate = 'received' and batch_id % 1000 = 1;

-- Nearly every client had a conversion once.
insert into ops.restatements (client_id, date_day, metric, before, after, age_days, batch_id)
select client_id, min(date_day), 'conversions:purchase', null, 1, 0, min(batch_id)
from days where right(client_id, 2) <> '50' group by client_id;

insert into ops.failed_collections (batch_id, client_id, since, until, error, reason, closed_at)
select batch_id, client_id, date_day, date_day, 'TimeoutError', 'no answer',
    case when fate <> 'failed' then now() end
from days where fate = 'failed' or batch_id % 100 = 1;

insert into ops.client_months (client_id, month, version, published_version)
select client_id, month, n, case when n % 100 <> 1 then n end
from (
    select client_id, month, row_number() over () as n
    from (select distinct client_id, date_trunc('month', date_day)::date from days)
        as months (client_id, month)
) as numbered;

insert into ops.builds (owner, invocation_id, is_full, as_of, finished_at, state)
select 'benchmark', n::text, false, now(), now(), 'published' from generate_series(1, 50) as n;
insert into ops.publications (build_id, client_months, rows_inserted, rows_ended)
select build_id, 100, 1000, 1000 from ops.builds order by build_id;
insert into ops.build_client_months (build_id, client_id, month, version)
select b.build_id, m.client_id, m.month, m.version
from ops.builds as b
inner join ops.client_months as m on m.month >= date '2026-10-01' or b.build_id = 1;

-- As the model of that name makes it: most findings only warn, and they stay.
create table audit.audit_findings (client_id text, month date, date_day date, "check" text,
    severity text, detail text);
create index on audit.audit_findings (client_id, month);
insert into audit.audit_findings
select client_id, date_trunc('month', date_day), date_day, 'suspected_gap', 'warning',
    'Meta answered without rows between days with delivery'
from days where fate = 'empty'
union all
select client_id, month, null, 'restatement', 'warning', metric || ': 100 became 102'
from ops.client_months cross join unnest(array['spend', 'impressions', 'clicks']) as metric;

insert into serving.current_month_cache (client_id, month, currency, until, fresh_since,
    publication_id, spend, impressions, clicks, link_clicks, conversions, conversion_value,
    purchases, purchase_value, leads, refreshed_at)
select client_id, month, 'EUR', today, today, 50, 1234.56, 98765, 4321, 3210, 210, 8765.43, 200,
    8700.10, 10, clock_timestamp()
from serving.cached_clients;

insert into ops.heartbeats (name, interval_seconds)
select unnest(array['alert_evaluation', 'alert_delivery', 'cache_refresher']), 3600;
insert into serving.cache_reads (minute, hits, misses)
select date_trunc('minute', now()) - make_interval(mins => n), 100, 3
from generate_series(1, 2000) as n;

set session_replication_role = origin;
drop table days;
"""
PAGE = (
    "select client_id, date_day, state, reason from ops.day_states(%s) "
    "where client_id = any(%s) order by client_id, date_day"
)

Connected = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Answered:
    """One answer: how long after its plan it was sent and was there."""

    late_ms: float
    latency_ms: float


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--days", type=int, default=400)
    parser.add_argument("--seconds", type=int, default=20, help="of each of the four loads")
    parser.add_argument("--rate", type=int, default=200, help="requests a second in total")
    parser.add_argument("--connections", type=int, default=50)
    options = parser.parse_args()
    core = _pin_but_one()
    _say(f"The load average beforehand is {os.getloadavg()[0]:.1f}.")
    with server_of_its_own() as (url, home):
        environment = {
            "WAREHOUSE_URL": url,
            "META_ADS_HOME": str(home),
            "META_ADS_NOW": NOW,
            "META_ADS_ADMIN_TOKEN": TOKEN,
            "META_ADS_RATE_LIMIT": "1000000",
        }
        os.environ |= environment
        settings = Settings()
        make_world(settings, options.clients, options.days)
        _time_queries(settings, options.clients)
        with _serving(str(home), core) as process:
            asyncio.run(_load(process, options))


def make_world(settings: Settings, clients: int, days: int) -> None:
    """Fill a new warehouse."""
    began = perf_counter()
    migrate(settings)
    with connect(settings, autocommit=True) as connection:
        connection.execute(LOAD.format(clients=clients, days=days).encode())
        connection.execute("vacuum analyze")
    _say(f"{clients:,} clients x {days:,} days, made in {perf_counter() - began:.0f} s")


def _time_queries(settings: Settings, clients: int) -> None:
    """What one reading of the checks costs, as a whole and each, and a page of the dashboard."""
    shown = [f"client-{number:06}" for number in range(1, clients + 1)][-PAGE_CLIENTS:]
    arguments = [35, shown[0]]
    with connect(settings, autocommit=True) as connection:
        whole = _milliseconds(connection, statement(), asked())
        of_one = _milliseconds(connection, statement(of_client=True), asked(shown[0]))
        each = {
            check.name: _milliseconds(
                connection, read_sql(health_checks.__file__, check.query), asked()
            )
            for check in CHECKS
        }
        page = _milliseconds(connection, PAGE, [PAGE_DAYS, shown])
        days = _milliseconds(connection, "select * from ops.day_states(%s, %s)", arguments)
    slowest = sorted(each.items(), key=lambda check: -check[1])
    _say(f"In SQL, median of {REPEATS}:")
    _say(f"  all checks                                {whole:8.1f} ms")
    _say("    " + ", ".join(f"{name} {spent:.1f}" for name, spent in slowest))
    _say(f"  the checks of one client                  {of_one:8.1f} ms")
    _say(f"  35 days of one client                     {days:8.1f} ms")
    _say(f"  {PAGE_DAYS} days of a page of {len(shown)} clients           {page:8.1f} ms")


def _milliseconds(connection: Connection, query: LiteralString | Composed, values: Any) -> float:
    spent = []
    for _ in range(REPEATS):
        began = perf_counter()
        connection.execute(query, values).fetchall()
        spent.append(perf_counter() - began)
    return median(spent) * 1000


@contextmanager
def _serving(folder: str, core: int | None) -> Iterator["subprocess.Popen[str]"]:
    """`meta-ads serve` on its core, until the end."""
    process = subprocess.Popen(
        [META_ADS, "serve", "--port", "0", "--exit-with-parent"],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=None if core is None else lambda: _pin({core}),
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


async def _load(process: "subprocess.Popen[str]", options: argparse.Namespace) -> None:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line.startswith(LISTENING):
        raise RuntimeError(f"The server does not start: {line!r}")
    port = int(line.rpartition(":")[2])
    await _say_health(port)
    _say(
        f"{options.rate} requests a second over {options.connections} connections, "
        f"{options.seconds} s each; ms:"
    )
    _say(f"  {'':38} requests errors    p50    p95    p99    max   late  p99/readyz  server's core")
    for name, endpoints in (
        ("alone", [READY]),
        ("alone", [HEALTH]),
        ("alone", [KPIS]),
        ("mixed", [READY, HEALTH, KPIS]),
    ):
        choice = random.Random(1)
        plan = [choice.choice(endpoints) for _ in range(options.rate * options.seconds)]
        busy, began = _cpu_seconds(process), perf_counter()
        answers = await _ask(port, plan, options)
        core = (_cpu_seconds(process) - busy) / (perf_counter() - began)
        if endpoints[0] == READY:
            baseline = _percentile(_of(READY, plan, answers), 99)
        for endpoint in endpoints:
            _say_row(f"{name} {endpoint}", endpoint, plan, answers, baseline, core)


async def _ask(
    port: int, plan: Sequence[str], options: argparse.Namespace
) -> list[Answered | None]:
    """One answer for each planned request; None where none came, or a wrong one."""
    answers: list[Answered | None] = [None] * len(plan)
    choice = random.Random(2)
    requests = [
        _request(path.format(client=f"client-{choice.randint(1, options.clients):06}"))
        for path in plan
    ]
    numbers = iter(range(len(plan)))
    connections = [await _connected(port) for _ in range(options.connections)]
    for connection in connections:
        await _exchange(connection, requests[0])
    start = perf_counter() + 0.1

    async def ask_on(connection: Connected) -> None:
        for number in numbers:
            planned = start + number / options.rate
            await asyncio.sleep(planned - perf_counter())
            sent = perf_counter()
            try:
                status, _ = await _exchange(connection, requests[number])
            except (OSError, EOFError):
                connection[1].close()
                connection = await _connected(port)
                continue
            if status == 200:
                done = perf_counter()
                answers[number] = Answered((sent - planned) * 1000, (done - planned) * 1000)
        connection[1].close()

    with suppress(TimeoutError):
        async with asyncio.timeout(options.seconds + GRACE_SECONDS):
            await asyncio.gather(*map(ask_on, connections))
    return answers


async def _connected(port: int) -> Connected:
    return await asyncio.open_connection("127.0.0.1", port)


def _request(path: str) -> bytes:
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode()
    )


async def _exchange(connection: Connected, request: bytes) -> tuple[int, bytes]:
    """Status and body; the server always says how long its answers are."""
    reader, writer = connection
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
    return int(head[9:12]), await reader.readexactly(length)


async def _say_health(port: int) -> None:
    """The world is made so that data-health answers with 200: degraded, by its gaps."""
    connection = await _connected(port)
    status, body = await _exchange(connection, _request(HEALTH))
    connection[1].close()
    health = json.loads(body)
    checks = {name: check["status"] for name, check in health["checks"].items()}
    worse = ", ".join(f"{name} {state}" for name, state in checks.items() if state != "pass")
    _say(f"data-health answers {status}, {len(body):,} bytes, {health['status']}: {worse}")


def _say_row(
    title: str,
    endpoint: str,
    plan: Sequence[str],
    answers: Sequence[Answered | None],
    baseline: float,
    core: float,
) -> None:
    latencies = _of(endpoint, plan, answers)
    count = plan.count(endpoint)
    percentiles = " ".join(f"{_percentile(latencies, part):6.1f}" for part in (50, 95, 99, 100))
    late = _percentile([answer.late_ms for answer in answers if answer], 99)
    p99 = _percentile(latencies, 99)
    line = f"  {title:38} {count:8} {count - len(latencies):6} {percentiles} {late:6.1f}"
    line += f" {p99 / baseline:11.2f} {core:14.0%}"
    if endpoint in TARGETS_MS:
        target = TARGETS_MS[endpoint]
        line += f"   p99 < {target:.0f}: {'met' if p99 < target else 'NOT met'}"
    _say(line)


def _of(endpoint: str, plan: Sequence[str], answers: Sequence[Answered | None]) -> list[float]:
    return [
        answer.latency_ms
        for path, answer in zip(plan, answers, strict=True)
        if answer is not None and path == endpoint
    ]


def _percentile(values: Sequence[float], part: int) -> float:
    """By the nearest rank; infinite where there is nothing."""
    if not values:
        return float("inf")
    return sorted(values)[max(0, -(-len(values) * part // 100) - 1)]


def _cpu_seconds(process: "subprocess.Popen[str]") -> float:
    times = psutil.Process(process.pid).cpu_times()
    return times.user + times.system


def _pin_but_one() -> int | None:
    """Keep this process and its children, Postgres among them, off the last core; returns that."""
    cores = psutil.Process().cpu_affinity() if sys.platform == "linux" else []
    if not cores or len(cores) < 2:
        _say("Nothing is pinned to a core here.")
        return None
    *others, last = sorted(cores)
    _pin(set(others))
    _say(f"The server runs on core {last}, Postgres and the load on {others}.")
    return last


def _pin(cores: set[int]) -> None:
    if sys.platform == "linux":
        os.sched_setaffinity(0, cores)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
