"""The ledger's writes and reads: clients, account facts, batches, receipts, failures."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from orchestration.clients.model import Client
from orchestration.settings import Settings
from orchestration.warehouse.ledger.accounts import accounts_of
from orchestration.warehouse.connection import Connection, storable
from orchestration.warehouse.intake.slice_state import note_attempt, write_receipts

UPSERT_CLIENT = """
insert into ops.clients as c (
    client_id, name, ad_account_id, status, expects_conversions, levels, starts_on, ends_on,
    client_group, owner, conversion_families, custom_conversions, token_env, alert_route,
    account_since, account_refused
)
values (
    %(client_id)s, %(name)s, %(account)s, %(status)s, %(expects)s, %(levels)s, %(starts_on)s,
    %(ends_on)s, %(group)s, %(owner)s, %(families)s::text[], %(custom)s, %(token_env)s, %(alerts)s,
    %(account_since)s, %(refused)s
)
on conflict (client_id) do update set
    (name, ad_account_id, status, expects_conversions, levels, starts_on, ends_on, client_group,
     owner, conversion_families, custom_conversions, token_env, alert_route, account_since,
     account_refused, is_listed)
    = (excluded.name, excluded.ad_account_id, excluded.status, excluded.expects_conversions,
       excluded.levels, excluded.starts_on, excluded.ends_on, excluded.client_group,
       excluded.owner, excluded.conversion_families, excluded.custom_conversions,
       excluded.token_env, excluded.alert_route, excluded.account_since, excluded.account_refused,
       true),
    account_changed_at = case
        when %(is_change)s then clock_timestamp() else c.account_changed_at end,
    account_facts_at = case
        when c.ad_account_id = excluded.ad_account_id then c.account_facts_at end,
    owed_since = coalesce(excluded.starts_on, c.owed_since)
where (
    c.name, c.ad_account_id, c.status, c.expects_conversions, c.levels, c.starts_on, c.ends_on,
    c.client_group, c.owner, c.conversion_families, c.custom_conversions, c.token_env,
    c.alert_route, c.account_since, c.account_refused, c.is_listed, c.owed_since
) is distinct from (
    excluded.name, excluded.ad_account_id, excluded.status, excluded.expects_conversions,
    excluded.levels, excluded.starts_on, excluded.ends_on, excluded.client_group, excluded.owner,
    excluded.conversion_families, excluded.custom_conversions, excluded.token_env,
    excluded.alert_route, excluded.account_since, excluded.account_refused, true,
    coalesce(excluded.starts_on, c.owed_since)
)
"""
"""Only what differs is written: a sensor compares the file with the ledger every minute."""


@dataclass(frozen=True)
class FailedCollection:
    """A collection that failed after its last retry: all it takes to replay it."""

    failure_id: int
    client_id: str
    since: date
    until: date
    error: str
    reason: str
    attempts: list[dict[str, str]]
    failed_at: datetime


def open_failures(
    connection: Connection,
    client_ids: Sequence[str],
    since: date | None = None,
    until: date | None = None,
) -> list[FailedCollection]:
    """Failed collections that nothing has made good yet, oldest first, touching these days."""
    with connection.cursor(row_factory=class_row(FailedCollection)) as cursor:
        cursor.execute(
            """
            select failure_id, client_id, since, until, error, reason, attempts, failed_at
            from ops.failed_collections
            where closed_at is null and client_id = any(%(clients)s)
                and until >= coalesce(%(since)s, until) and since <= coalesce(%(until)s, since)
            order by failure_id
            """,
            {"clients": list(client_ids), "since": since, "until": until},
        )
        return cursor.fetchall()


@dataclass(frozen=True)
class KnownClient:
    """A client as the ledger knows it; the account's facts are None until Meta answered once."""

    client_id: str
    name: str
    ad_account_id: str
    status: str
    starts_on: date | None
    ends_on: date | None
    owed_since: date | None
    timezone_name: str | None
    currency: str | None
    account_since: date | None
    account_refused: str | None
    facts_are_fresh: bool
    earliest_day: date


def sync_clients(connection: Connection, clients: Sequence[Client]) -> None:
    """Make the ledger's clients those of the file; clients that left it keep their data.

    Another ad account is only taken where the file says from which day on; `account_refused` says
    why not otherwise, and the client keeps the account that it had.
    """
    connection.execute(
        "update ops.clients set is_listed = false where is_listed and not client_id = any(%s)",
        [[client.client_id for client in clients]],
    )
    accounts = accounts_of(connection, clients)
    rows = [
        {
            "client_id": c.client_id,
            "name": c.name,
            **accounts[c.client_id],
            "status": c.status,
            "expects": c.expects_conversions,
            "levels": list(c.levels),
            "starts_on": c.starts_on,
            "ends_on": c.ends_on,
            "group": c.group,
            "owner": c.owner,
            "families": sorted(c.conversion_families) if c.conversion_families else None,
            "custom": Jsonb(c.custom_conversions),
            "custom_conversions": c.custom_conversions,
            "token_env": c.token_env,
            "alerts": c.alerts,
        }
        for c in clients
    ]
    _rebuild_what_counts_otherwise(connection, rows)
    with connection.cursor() as cursor:
        cursor.executemany(UPSERT_CLIENT, rows)
    _sync_pauses(connection, clients)


def _sync_pauses(connection: Connection, clients: Sequence[Client]) -> None:
    ids = [client.client_id for client in clients]
    wanted = [(c.client_id, p.since, p.until, p.reason) for c in clients for p in c.pauses]
    known = connection.execute(
        "select client_id, since, until, reason from ops.client_pauses where client_id = any(%s)",
        [ids],
    ).fetchall()
    if sorted(known) == sorted(wanted):
        return
    with connection.cursor() as cursor:
        cursor.execute("delete from ops.client_pauses where client_id = any(%s)", [ids])
        cursor.executemany("insert into ops.client_pauses values (%s, %s, %s, %s)", wanted)


def _rebuild_what_counts_otherwise(
    connection: Connection, rows: Sequence[Mapping[str, object]]
) -> None:
    """Every month of a client that names other conversions than before is built again."""
    known: dict[object, tuple[object, object]] = {
        client_id: (families, custom)
        for client_id, families, custom in connection.execute(
            "select client_id, conversion_families, custom_conversions from ops.clients"
        )
    }
    changed = [
        row["client_id"]
        for row in rows
        if row["client_id"] in known
        and known[row["client_id"]] != (row["families"], row["custom_conversions"])
    ]
    if changed:
        connection.execute(
            "update ops.client_months set version = nextval('ops.version_seq'), "
            "was_final = was_final or coalesce(ops.is_final(client_id, month), false) "
            "where client_id = any(%s)",
            [changed],
        )


def other_clients(connection: Connection, clients: Sequence[Client]) -> list[str]:
    """Clients of the ledger that are not among these."""
    found = connection.execute(
        "select client_id from ops.clients where not client_id = any(%s) order by client_id",
        [[client.client_id for client in clients]],
    )
    return [row[0] for row in found]


def known_clients(connection: Connection, client_ids: Sequence[str]) -> list[KnownClient]:
    """These clients, in the order of their ids; facts count as fresh for 20 hours."""
    with connection.cursor(row_factory=class_row(KnownClient)) as cursor:
        cursor.execute(
            """
            select
                client_id, name, ad_account_id, status, starts_on, ends_on, owed_since,
                timezone_name, currency, account_since, account_refused,
                coalesce(account_facts_at > now() - interval '20 hours', false) as facts_are_fresh,
                ops.earliest_day(coalesce(timezone_name, 'UTC')) as earliest_day
            from ops.clients
            where client_id = any(%s)
            order by client_id
            """,
            [list(client_ids)],
        )
        return cursor.fetchall()


def save_account_facts(
    connection: Connection,
    client_id: str,
    name: str,
    currency: str,
    timezone_name: str,
    account_status: int | None = None,
) -> None:
    """Remember what Meta says about a client's ad account.

    Raises:
        psycopg.errors.InvalidParameterValue: the server does not know the time zone.
    """
    connection.execute(
        "update ops.clients set (account_name, currency, timezone_name, account_status, "
        "account_facts_at) = (%(name)s, %(currency)s, %(zone)s, %(status)s, clock_timestamp()) "
        "where client_id = %(client)s and now() at time zone %(zone)s is not null",
        {
            "name": storable(name),
            "currency": currency,
            "zone": timezone_name,
            "status": account_status,
            "client": client_id,
        },
    )


def set_owed_since(connection: Connection, settings: Settings) -> None:
    """Decide once per client from which day on days are owed.

    Without `starts_on` it is the first of the month that the first lookback reaches into, so that
    no month stands half.
    """
    connection.execute(
        """
        update ops.clients set owed_since = coalesce(
            starts_on,
            greatest(
                date_trunc('month', ops.latest_due_day(timezone_name) - %s + 1)::date, account_since
            )
        )
        where owed_since is null and timezone_name is not null
        """,
        [settings.lookback_days],
    )


def open_batch(
    connection: Connection,
    client_id: str,
    days: Sequence[date],
    levels: Iterable[str],
    about: Mapping[str, str],
) -> int:
    """Note what is about to be asked; returns the batch's id. `about`: run_id, api_version."""
    row = connection.execute(
        "insert into ops.batches (client_id, since, until, run_id, api_version) "
        "values (%s, %s, %s, %s, %s) returning batch_id",
        [client_id, days[0], days[-1], about["run_id"], about["api_version"]],
    ).fetchone()
    assert row is not None
    batch_id: int = row[0]
    write_receipts(
        connection,
        [
            (client_id, level, day, "asked", None, batch_id, None)
            for level in levels
            for day in days
        ],
    )
    return batch_id


FORGET_OVERTAKEN = """
update ops.failed_collections set closed_at = clock_timestamp()
where batch_id = %(batch)s and not exists (
    select 1 from ops.receipts as r
    left join ops.slice_state as s using (client_id, level, date_day)
    where r.client_id = %(client)s and r.batch_id = %(batch)s and r.state = 'asked'
        and coalesce(s.last_batch_id, 0) <= %(batch)s
)
"""
"""A failure of which a later batch was asked about every day meanwhile needs no replay."""


def record_failure(
    connection: Connection,
    client_id: str,
    batch_id: int,
    levels: Sequence[str],
    error: BaseException,
    attempts: Sequence[Mapping[str, str]] = (),
    *,
    calls: int = 0,
) -> None:
    """A batch that got no answer: a record to replay it from, receipts, what stands stays.

    `attempts` are all that were made of the call that failed, each with `at` and `error`.
    """
    reason = storable(str(error))
    row = connection.execute(
        "update ops.batches set state = 'failed', finished_at = clock_timestamp(), api_calls = %s "
        "where batch_id = %s returning since, until",
        [calls, batch_id],
    ).fetchone()
    assert row is not None
    connection.execute(
        "insert into ops.failed_collections "
        "(batch_id, client_id, since, until, error, reason, attempts) "
        "values (%s, %s, %s, %s, %s, %s, %s)",
        [
            batch_id,
            client_id,
            row[0],
            row[1],
            type(error).__name__,
            reason,
            Jsonb([{name: storable(text) for name, text in each.items()} for each in attempts]),
        ],
    )
    connection.execute(
        """
        insert into ops.receipts (client_id, level, date_day, state, batch_id, reason)
        select client_id, level, date_day, 'failed', batch_id, %(reason)s
        from ops.receipts where batch_id = %(batch)s and state = 'asked' and level = any(%(levels)s)
        """,
        {"reason": reason, "batch": batch_id, "levels": list(levels)},
    )
    connection.execute(FORGET_OVERTAKEN, {"client": client_id, "batch": batch_id})
    # A refused token says nothing of the days: however long it lasts, they are not given up.
    is_counted = type(error).__name__ != "TokenDeadError"
    note_attempt(connection, batch_id, "failed", is_counted=is_counted)


def note_usage(connection: Connection, uses: Sequence[tuple[str, int, int, float, float]]) -> None:
    """Add what a run asked: (client_id, calls, throttled, account percent, app percent)."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(
            """
            insert into ops.api_usage as u
                (client_id, calls_total, throttled_total, account_percent, app_percent)
            values (%s, %s, %s, %s, %s)
            on conflict (client_id) do update set
                calls_total = u.calls_total + excluded.calls_total,
                throttled_total = u.throttled_total + excluded.throttled_total,
                account_percent = excluded.account_percent,
                app_percent = excluded.app_percent,
                heard_at = clock_timestamp()
            """,
            uses,
        )


def note_notices(connection: Connection, notices: Sequence[str]) -> None:
    """What the API announced in an attempt that it answered: new ones open, unheard ones close."""
    heard = [storable(notice) for notice in notices]
    with connection.transaction():
        connection.execute(
            """
            insert into ops.api_notices as n (notice)
            select distinct unnest(%s::text[])
            on conflict (notice) do update set
                first_heard_at = case
                    when n.closed_at is null then n.first_heard_at else clock_timestamp() end,
                last_heard_at = clock_timestamp(),
                closed_at = null
            """,
            [heard],
        )
        connection.execute(
            "update ops.api_notices set closed_at = clock_timestamp() "
            "where closed_at is null and not notice = any(%s)",
            [heard],
        )


def close_batch(
    connection: Connection,
    client_id: str,
    batch_id: int,
    kept: Sequence[date],
    refused: Sequence[date],
) -> None:
    """The batch is done; what it proves closes older refusals and failures."""
    state = "partly_refused" if kept and refused else "refused" if refused else "kept"
    connection.execute(
        "update ops.batches set state = %s, finished_at = clock_timestamp() where batch_id = %s",
        [state, batch_id],
    )
    close_days(connection, client_id, batch_id - 1, kept, proof=batch_id)


def close_days(
    connection: Connection,
    client_id: str,
    until_batch_id: int | None,
    days: Sequence[date],
    *,
    proof: int | None = None,
) -> None:
    """What was found wrong with these days up to a batch (None: ever) is settled.

    So are the failed collections of which every day now has a good slice or is waived; a slice
    of an ad account that is asked no more counts as good.
    """
    connection.execute(
        """
        update quarantine.violations set closed_at = clock_timestamp()
        where client_id = %(client)s and closed_at is null and date_day = any(%(days)s)
            and (%(until)s::bigint is null or batch_id <= %(until)s)
        """,
        {"client": client_id, "until": until_batch_id, "days": list(days)},
    )
    connection.execute(
        """
        update ops.failed_collections as f
        set closed_at = clock_timestamp(), closed_by_batch_id = %(proof)s
        where f.client_id = %(client)s and f.closed_at is null
            and not exists (
                select 1
                from generate_series(f.since::timestamp, f.until, interval '1 day') as d (day)
                inner join ops.clients as c on c.client_id = f.client_id
                left join ops.slice_state as s
                    on s.client_id = f.client_id and s.level = 'campaign'
                        and s.date_day = d.day::date
                        and (
                            s.confirmed_at > f.failed_at or s.state = 'waived'
                            or (s.date_day < c.account_since and s.state <> 'none')
                        )
                where s.client_id is null
            )
        """,
        {"client": client_id, "proof": proof},
    )
