"""What the rules judge: the health checks, and what they do not tell, read in one transaction."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, LiteralString

from psycopg.rows import dict_row

from expectations.catalogue import RULES
from orchestration.health.checks import Health, read_health
from orchestration.warehouse.connection import Connection

SQL_DIR = Path(__file__).parent / "sql"
GAP_DAYS = 35
"""So far back days are looked for that no alert has named yet; those of open alerts have no end."""
EVERYTHING = 2**31 - 1
REOPENINGS_DAYS = 35
"""Older changes of final months are history, unless an alert about them is open."""

CLIENTS = """
select
    client_id, name, status, owner, alert_route, coalesce(timezone_name, 'UTC') as zone,
    coalesce(token_env, 'META_ACCESS_TOKEN') as token, account_refused
from ops.clients
where is_listed
order by client_id
"""
FAILURES = """
select f.* from ops.client_failures as f
inner join ops.clients as c on f.client_id = c.client_id and c.is_listed and ops.may_owe(c)
"""
STILL_FAILING = """
select distinct f.client_id, f.since::text, f.until::text
from ops.failed_collections as f
inner join ops.clients as c on f.client_id = c.client_id and c.is_listed and ops.may_owe(c)
where f.closed_at is null and exists (
    select 1 from ops.slice_state as s
    where s.client_id = f.client_id and s.level = 'campaign'
        and s.date_day between f.since and f.until and s.last_attempt = 'failed'
)
"""
CLOCK = """
select
    clock_timestamp() as now,
    (select min(applied_at) from ops.migrations) as set_up_at,
    (
        select finished_at from ops.batches
        where state in ('kept', 'partly_refused', 'refused') order by batch_id desc limit 1
    ) as answered_at
"""
BUILDS = """
select
    exists (select 1 from ops.builds where state = 'running') as is_running,
    l.state, l.finished_at, l.reason,
    (select min(changed_at) from ops.unbuilt_months) as waiting_since,
    (
        select min(f.finished_at) from ops.builds as f
        where f.state = 'failed' and f.build_id > coalesce(
            (select max(build_id) from ops.builds where state in ('published', 'unchanged')), 0
        )
    ) as failing_since
from (select 1) as one
left join lateral (
    select state, finished_at, reason from ops.builds where state <> 'running'
    order by build_id desc limit 1
) as l on true
"""
REOPENINGS = """
select distinct on (r.client_id, r.month)
    r.client_id, to_char(r.month, 'YYYY-MM') as month, r.publication_id, r.changes, r.reopened_at
from ops.reopenings as r
inner join ops.clients as c on r.client_id = c.client_id and c.is_listed
left join ops.alerts as a
    on a.state <> 'resolved' and a.rule = 'final_month_changed' and a.client_id = r.client_id
        and a.facts ->> 'month' = to_char(r.month, 'YYYY-MM')
where
    (a.alert_id is not null or r.reopened_at > clock_timestamp() - make_interval(days => %(days)s))
    and not exists (
        select 1 from ops.alerts as k
        where k.rule = 'final_month_changed' and k.client_id = r.client_id
            and k.facts ->> 'month' = to_char(r.month, 'YYYY-MM')
            and k.state = 'resolved' and k.resolved_at > r.reopened_at
    )
order by r.client_id, r.month, r.publication_id desc
"""
WARNINGS = """
select
    v.client_id, v.rule, count(distinct v.date_day) as days, max(v.date_day)::text as latest,
    min(v.found_at) as since
from quarantine.violations as v
inner join ops.clients as c on v.client_id = c.client_id and c.is_listed
where
    v.closed_at is null and v.severity = 'warning'
    and v.date_day > ops.latest_due_day(coalesce(c.timezone_name, 'UTC'))
        - coalesce(ops.setting_int('lookback_days'), 28)
group by v.client_id, v.rule
order by v.client_id, v.rule
"""
REFUSED = """
select v.client_id, v.date_day::text as day, array_agg(distinct v.rule) as rules
from quarantine.violations as v
inner join ops.clients as c on v.client_id = c.client_id and c.is_listed
where v.closed_at is null and v.severity = 'blocking' and v.rule = any(%(rules)s)
    and v.date_day is not null
group by v.client_id, v.date_day
order by v.client_id, v.date_day
"""
"""Refused for these rules and not kept since, however later attempts ended."""
LASTING_ALERTS = {"control_totals_disagree", "data_vanished"}
LASTING_RULES = [name for name, rule in RULES.items() if rule.alert in LASTING_ALERTS]
NOTICES = "select notice, first_heard_at from ops.api_notices where closed_at is null order by 2, 1"
RUNS = """
select distinct on (job)
    job, run_id, step, error, reason, min(failed_at) over (partition by job) as since,
    count(*) over (partition by job) as runs
from ops.run_failures where closed_at is null and error <> 'UnreachableError'
order by job, failed_at desc
"""
DESTINATIONS = """
select d.destination, d.failing_since, d.last_error
from ops.alert_destinations as d
where d.is_on and d.failing_since is not null and (
    d.failing_since < clock_timestamp() - interval '1 hour'
    or exists (
        select 1 from ops.alert_messages as m
        where m.destination = d.destination and m.state in ('refused', 'expired')
            and m.not_before >= d.failing_since - interval '1 minute'
    )
)
order by d.destination
"""

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Try:
    """How often a day was asked for in vain; `again_at` is None once it is left to a person."""

    tries: int
    again_at: datetime | None
    tried_at: Sequence[datetime] = ()


@dataclass
class Facts:
    """Everything the rules see of one moment; `now` is the database's clock.

    `still_failing` are failed collections (client, since, until) of which a day's latest attempt
    failed: the days of others were answered since, and refused. `refused` are days that were
    refused by rules with an alert of their own and are not kept yet.
    """

    health: Health
    now: datetime
    set_up_at: datetime
    answered_at: datetime | None
    clients: dict[str, dict[str, Any]]
    failures: dict[str, dict[str, Any]]
    builds: dict[str, Any]
    still_failing: set[tuple[str, str, str]] = field(default_factory=set)
    reopenings: Rows = field(default_factory=list)
    warnings: Rows = field(default_factory=list)
    refused: Rows = field(default_factory=list)
    notices: Rows = field(default_factory=list)
    runs: Rows = field(default_factory=list)
    destinations: Rows = field(default_factory=list)
    carried: Mapping[str, list[str]] = field(default_factory=dict)
    living: Mapping[str, dict[str, Any]] = field(default_factory=dict)

    def check(self, name: str) -> Mapping[str, Any]:
        """What a health check says, without limits to its lists."""
        return self.health.checks[name]


def read_facts(connection: Connection) -> Facts:
    """The facts as they stand.

    Collections and people go on meanwhile: a client or an alert that is not known to both of two
    queries is left to the next evaluation.
    """
    clock = _rows(connection, CLOCK)[0]
    clients, living = clients_by_id(connection), living_alerts(connection)
    carried: dict[str, list[str]] = defaultdict(list)
    for row in _rows(connection, _file("carried")):
        if row["fingerprint"] in living:
            carried[row["fingerprint"]].append(row["day"])
    return Facts(
        read_health(connection, gap_days=GAP_DAYS, most=EVERYTHING),
        clock["now"],
        clock["set_up_at"],
        clock["answered_at"],
        clients,
        {r["client_id"]: r for r in _rows(connection, FAILURES) if r["client_id"] in clients},
        _rows(connection, BUILDS)[0],
        {
            (row["client_id"], row["since"], row["until"])
            for row in _rows(connection, STILL_FAILING)
        },
        _rows(connection, REOPENINGS, {"days": REOPENINGS_DAYS}),
        _rows(connection, WARNINGS),
        _rows(connection, REFUSED, {"rules": LASTING_RULES}),
        _rows(connection, NOTICES),
        _rows(connection, RUNS),
        _rows(connection, DESTINATIONS),
        carried,
        living,
    )


def clients_by_id(connection: Connection) -> dict[str, dict[str, Any]]:
    """The clients of the clients file, as the ledger knows them."""
    return {row["client_id"]: row for row in _rows(connection, CLIENTS)}


def living_alerts(connection: Connection) -> dict[str, dict[str, Any]]:
    """Alerts that are not resolved, by fingerprint."""
    rows = _rows(connection, "select * from ops.alerts where state <> 'resolved'")
    return {row["fingerprint"]: row for row in rows}


def read_tries(
    connection: Connection, days: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], Try]:
    """How often these (client, day) were asked for in vain; those never tried are absent."""
    wanted = sorted(days)
    if not wanted:
        return {}
    values = {"clients": [c for c, _ in wanted], "days": [d for _, d in wanted]}
    return {
        (row["client_id"], row["day"]): Try(
            row["tries"],
            None if row["is_given_up"] else row["again_at"],
            row["tried_at"] or (),
        )
        for row in _rows(connection, _file("tries"), values)
    }


def _file(name: str) -> LiteralString:
    # The files are the project's own.
    return (SQL_DIR / f"{name}.sql").read_text("utf-8")


def _rows(
    connection: Connection, query: LiteralString, values: Mapping[str, Any] | None = None
) -> Rows:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, values).fetchall()
