"""The ad account of each client; another account under the same client needs its first day.

Nobody can change the currency or time zone of an account at Meta, so agencies open a new account
and put its id under the same client. For days of the old account the new one has no rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TypedDict
from zoneinfo import ZoneInfo

from psycopg.rows import class_row

from orchestration.clients.model import Client
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.sql_files import read_sql

CLOCK_DAYS = 3 * 366
"""Two time zones are one if they had the same hours on each of the latest so many days."""


class AccountRow(TypedDict):
    """The account that the ledger will have for a client; `is_change`: its days are read again."""

    account: str
    account_since: date | None
    refused: str | None
    is_change: bool


@dataclass(frozen=True, kw_only=True)
class _LedgerAccount:
    client_id: str
    ad_account_id: str
    account_since: date | None
    today: date
    has_days: bool
    has_days_of_account: bool


def accounts_of(connection: Connection, clients: Sequence[Client]) -> dict[str, AccountRow]:
    """By client id: the account of the file, or the known account and why it stays."""
    known = _ledger_accounts(connection, [client.client_id for client in clients])
    return {c.client_id: _account(c, known.get(c.client_id)) for c in clients}


def _ledger_accounts(
    connection: Connection, client_ids: Sequence[str]
) -> dict[str, _LedgerAccount]:
    with connection.cursor(row_factory=class_row(_LedgerAccount)) as cursor:
        cursor.execute(
            read_sql(__file__, "known_accounts"),
            [list(client_ids)],
        )
        return {row.client_id: row for row in cursor}


def _account(client: Client, known: _LedgerAccount | None) -> AccountRow:
    since = client.account_since
    if known is not None and client.ad_account_id == known.ad_account_id:
        # A date stays when it leaves the file: else the old days would be asked for again.
        account_since = since or known.account_since
        is_change = known.has_days and account_since != known.account_since
        return AccountRow(
            account=known.ad_account_id,
            account_since=account_since,
            refused=None,
            is_change=is_change,
        )
    has_days = known is not None and known.has_days
    if known is not None and has_days and (reason := _reason(client, known)):
        return AccountRow(
            account=known.ad_account_id,
            account_since=known.account_since,
            refused=reason,
            is_change=False,
        )
    return AccountRow(
        account=client.ad_account_id, account_since=since, refused=None, is_change=has_days
    )


def _reason(client: Client, known: _LedgerAccount) -> str | None:
    """Why a client that has days cannot get another account; None if it can."""
    new, old, since = client.ad_account_id, known.ad_account_id, client.account_since
    if since is None:
        why = f"that has days of {old}"
    elif since > known.today:
        why = f"from {since} on, a day that is still to come"
    elif since == known.account_since and known.has_days_of_account:
        why = f"from {since} on, the day since which {old} is collected"
    else:
        return None
    return (
        f"the clients file names {new} for a client {why}: put {old} back (and give {new} a "
        f"client_id of its own, with a common group), or add account_since: YYYY-MM-DD, the first "
        f"day that {new} is asked for"
    )


def facts_differ(
    connection: Connection, client_id: str, currency: str, timezone_name: str
) -> str | None:
    """Why Meta's facts of a client's account contradict the stored days; None if they do not.

    Meta never changes the currency or the time zone of an account.
    """
    row = connection.execute(
        """
        select c.ad_account_id, c.currency, c.timezone_name, c.account_facts_at, c.account_since
        from ops.clients as c
        where c.client_id = %s and c.currency is not null and exists (
            select 1 from ops.slice_state as s
            where s.client_id = c.client_id and s.state in ('received', 'empty')
        )
        """,
        [client_id],
    ).fetchone()
    if row is None:
        return None
    account, known_currency, known_zone, known_at, since = row
    if known_at is None:
        # The facts are those of the account before, which may differ in everything.
        return _mid_month(account, currency, known_currency, since)
    if currency == known_currency and _same_clock(timezone_name, known_zone):
        return None
    return (
        f"Meta calls {account} an account in {currency}, {timezone_name}, and its days here are in "
        f"{known_currency}, {known_zone}: Meta never changes either, so this is another account or "
        "another server's; see ad_account_id in the clients file and META_API_URL"
    )


def _mid_month(account: str, currency: str, before: str, since: date | None) -> str | None:
    if since is None or since.day == 1 or currency == before:
        return None
    return (
        f"{account} is in {currency} and the account before it was in {before}: amounts of two "
        f"currencies cannot be added up in one month, so account_since must be the first of a "
        f"month, not {since}"
    )


def _same_clock(zone: str, other: str) -> bool:
    """Whether both names mean the same zone: cities are renamed (Europe/Kiev, Europe/Kyiv)."""
    if zone == other:
        return True
    noon = datetime.now(UTC).replace(tzinfo=None, hour=12)
    days = [noon - timedelta(days=n) for n in range(CLOCK_DAYS)]
    return all(
        day.replace(tzinfo=ZoneInfo(zone)).utcoffset()
        == day.replace(tzinfo=ZoneInfo(other)).utcoffset()
        for day in days
    )
