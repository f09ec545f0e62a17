"""What a run ends with: months per client, and everything that is not as it should be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from psycopg.rows import class_row

from expectations.catalogue import RULES
from orchestration.process.owner import build_owner
from orchestration.warehouse.connection import Connection

DOUBTFUL = [name for name, rule in RULES.items() if rule.needs_a_look]


@dataclass(frozen=True)
class ClientMonth:
    """A published client-month, or an unpublished one (`month` is None then)."""

    client_id: str
    month: date | None
    currency: str | None
    spend: Decimal | None
    impressions: int | None
    clicks: int | None
    conversions: Decimal | None
    days_owed: int | None
    days_received: int | None
    month_state: str | None


@dataclass(frozen=True)
class Trouble:
    """What a person may want to know.

    `kind` is failed, refused, left out, gap, suspected gap, account, no delivery yet,
    no conversions yet, doubtful (kept, and a person should look), warning.
    """

    kind: str
    client_id: str
    since: date
    until: date
    reason: str


@dataclass(frozen=True)
class Ledger:
    """Figures of one run."""

    batches: int
    calls: int
    rows: int
    publication_id: int | None
    publication_rows: int | None


def client_months(
    connection: Connection, since: date | None, client_ids: Sequence[str]
) -> list[ClientMonth]:
    """Each client's latest month, or every month from `since` on."""
    with connection.cursor(row_factory=class_row(ClientMonth)) as cursor:
        cursor.execute(
            """
            select
                c.client_id, s.month, s.currency, s.spend, s.impressions, s.clicks, s.conversions,
                s.days_owed, s.days_received, s.month_state
            from ops.clients as c
            left join marts.monthly_client_summary as s
                on c.client_id = s.client_id
                    and s.month >= coalesce(
                        date_trunc('month', %(since)s::date)::date,
                        (
                            select max(m.month) from marts.monthly_client_summary as m
                            where m.client_id = c.client_id
                        )
                    )
            where c.is_listed and c.client_id = any(%(clients)s)
            order by c.client_id, s.month
            """,
            {"since": since, "clients": list(client_ids)},
        )
        return cursor.fetchall()


def has_marts(connection: Connection) -> bool:
    """Whether anything was ever built here that this login may read."""
    row = connection.execute(
        """
        select exists (
            select 1 from pg_class as c
            inner join pg_namespace as n on c.relnamespace = n.oid
            where n.nspname = 'marts' and c.relname = 'monthly_client_summary'
                and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')
        )
        """
    ).fetchone()
    return row is not None and bool(row[0])


def troubles(
    connection: Connection, client_ids: Sequence[str], run_id: str | None = None
) -> list[Trouble]:
    """Everything that is not as it should be, by client; neighbouring days are one entry.

    The gate's warnings are those of one run.
    """
    with connection.cursor(row_factory=class_row(Trouble)) as cursor:
        cursor.execute(
            """
            with days as (
                select
                    case when reason in ('failed', 'refused') then reason else 'gap' end as kind,
                    client_id, date_day, coalesce(detail, reason) as reason
                from ops.missing_days
                union all
                -- A re-read that failed: the rows that stand are good, but not the latest.
                select last_attempt, client_id, date_day, last_reason
                from ops.slice_state
                where level = 'campaign' and state in ('received', 'empty')
                    and last_attempt in ('failed', 'refused')
                union all
                -- An account that never said where it is: which of its days are due is unknown.
                select s.last_attempt, s.client_id, s.date_day, s.last_reason
                from ops.slice_state as s
                inner join ops.clients as c on s.client_id = c.client_id
                where s.level = 'campaign' and s.last_attempt = 'failed'
                    and c.timezone_name is null and c.is_listed
                union all
                -- Where days were asked for, they failed and say the same.
                select 'account', c.client_id, ops.business_now()::date, c.account_refused
                from ops.clients as c
                where c.is_listed and c.account_refused is not null and not exists (
                    select 1 from ops.slice_state as s
                    where s.client_id = c.client_id and s.last_reason = c.account_refused
                )
                union all
                select
                    'suspected gap', client_id, date_day,
                    'Meta answered with nothing between days of delivery'
                from ops.suspected_gaps
                union all
                select
                    case when v.rule = any(%(doubtful)s) then 'doubtful' else 'warning' end,
                    v.client_id, coalesce(v.date_day, b.since),
                    v.rule || ': ' || split_part(v.detail, ' (', 1)
                from quarantine.violations as v
                inner join ops.batches as b using (batch_id)
                where b.run_id = %(run)s and v.severity = 'warning'
                group by 1, v.client_id, coalesce(v.date_day, b.since), 4
            ),
            islands as (
                select
                    *,
                    date_day - row_number() over (
                        partition by kind, client_id, reason order by date_day
                    )::integer as island
                from days
                where client_id = any(%(clients)s)
            )
            select kind, client_id, min(date_day) as since, max(date_day) as until, reason
            from islands
            group by kind, client_id, reason, island
            union all
            select
                kind, client_id, since, until,
                case kind
                    when 'no delivery yet' then 'Meta answered without a single row so far'
                    else link_clicks || ' link clicks and not one counted conversion so far'
                end
            from ops.unproven_clients where client_id = any(%(clients)s)
            union all
            select
                'left out', b.client_id, b.month, (b.month + interval '1 month')::date - 1,
                b.left_out
            from ops.build_client_months as b
            where b.left_out is not null and b.client_id = any(%(clients)s)
                and b.build_id = (
                    select max(build_id) from ops.builds where state in ('published', 'unchanged')
                )
            order by client_id, since, kind
            """,
            {"clients": list(client_ids), "run": run_id, "doubtful": DOUBTFUL},
        )
        return cursor.fetchall()


def ledger(connection: Connection, run_id: str) -> Ledger:
    """What the run with this id asked for and received, and what this process last built."""
    with connection.cursor(row_factory=class_row(Ledger)) as cursor:
        cursor.execute(
            """
            select
                count(*)::integer as batches,
                coalesce(sum(b.api_calls), 0)::integer as calls,
                coalesce(sum(b.row_count), 0)::integer as rows,
                max(p.publication_id) as publication_id,
                max(p.rows_inserted + p.rows_ended) as publication_rows
            from (
                select max(build_id) as build_id from ops.builds where owner = %(owner)s
            ) as latest
            left join ops.publications as p on latest.build_id = p.build_id
            full join (select * from ops.batches where run_id = %(run)s) as b on true
            """,
            {"owner": build_owner(), "run": run_id},
        )
        found = cursor.fetchone()
    assert found is not None
    return found
