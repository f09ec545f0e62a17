"""The clients in the ledger: the same as in the clients file, with the facts of their accounts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from orchestration.clients.model import Client
from orchestration.clients.unknown import unknown_client
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection, storable
from orchestration.warehouse.ledger.accounts import accounts_of
from orchestration.warehouse.sql_files import read_sql


@dataclass(frozen=True, kw_only=True)
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
    """Make the ledger's clients the same as the file's; clients that left it keep their data.

    A client gets another ad account only if the file says from which day on; else it keeps the one
    that it has, and `account_refused` says why.
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
    _rebuild_where_counting_changed(connection, rows)
    with connection.cursor() as cursor:
        cursor.executemany(read_sql(__file__, "write_client"), rows)
    connection.execute(read_sql(__file__, "note_client_names"))
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


def _rebuild_where_counting_changed(
    connection: Connection, rows: Sequence[Mapping[str, object]]
) -> None:
    """Build every month of a client again whose conversion families or ids have changed."""
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
    """The ids of clients in the ledger that are not among these."""
    rows = connection.execute(
        "select client_id from ops.clients where not client_id = any(%s) order by client_id",
        [[client.client_id for client in clients]],
    )
    return [row[0] for row in rows]


def known_clients(connection: Connection, client_ids: Sequence[str]) -> list[KnownClient]:
    """These clients, in the order of their ids; account facts count as fresh for 20 hours."""
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
    """Store what Meta says about a client's ad account.

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


def set_owed_since(
    connection: Connection, settings: Settings, *, with_unknown_zones: bool = False
) -> None:
    """Set once for each client the first day that it owes.

    A client whose time zone Meta has not told yet waits for it, or counts in UTC if
    `with_unknown_zones` is set, which only a preview does.
    """
    connection.execute(
        """
        update ops.clients set owed_since = ops.first_owed_day(
            starts_on, account_since, ops.latest_due_day(coalesce(timezone_name, 'UTC')), %s
        )
        where owed_since is null and (timezone_name is not null or %s)
        """,
        [settings.lookback_days, with_unknown_zones],
    )


def check_clients(connection: Connection, client_ids: Sequence[str]) -> list[str]:
    """These clients, also those that left the clients file.

    Raises:
        UsageError: the warehouse does not know one of them; names the clients that it knows.
    """
    rows = connection.execute("select client_id from ops.clients order by client_id")
    known = [row[0] for row in rows]
    for client_id in client_ids:
        if client_id not in known:
            raise unknown_client(client_id, known)
    return list(client_ids)
