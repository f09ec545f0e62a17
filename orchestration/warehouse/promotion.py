"""From verdict to staging: one transaction replaces client-days, all levels at once.

A slice whose contents did not change is not rewritten: only its receipt says that it still holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from orchestration.warehouse.connection import Connection
from orchestration.warehouse.history import note_figures
from orchestration.warehouse.ledger import close_batch, close_days
from orchestration.warehouse.quarantine import Refusal, quarantine, write_refused
from orchestration.warehouse.slice_state import write_kept
from orchestration.warehouse.slices import Contents

PROMOTION_LOCK = 7_305_002
"""First key of the advisory lock that lets one batch of a client be promoted at a time."""

REPLACE = (
    """
    delete from staging.insights
    where client_id = %(client)s and date_day = any(%(days)s) and level = any(%(levels)s)
    """,
    """
    delete from staging.conversions
    where client_id = %(client)s and date_day = any(%(days)s) and level = any(%(levels)s)
    """,
    """
    delete from staging.control_totals
    where client_id = %(client)s and date_day = any(%(days)s)
    """,
    """
    insert into staging.insights (
        client_id, account_id, level, date_day, entity_id, campaign_id, campaign_name, ad_set_id,
        ad_set_name, ad_id, ad_name, currency, spend, impressions, reach, clicks, link_clicks,
        batch_id
    )
    select
        client_id, account_id, level, date_start::date, entity_id, campaign_id, campaign_name,
        adset_id, adset_name, ad_id, ad_name, account_currency, spend::numeric,
        impressions::bigint, reach::bigint, coalesce(clicks, '0')::bigint,
        coalesce(inline_link_clicks, '0')::bigint, batch_id
    from landing.unfolded_insights
    where batch_id = %(batch)s and level <> 'account' and date_start = any(%(texts)s)
    """,
    """
    insert into staging.control_totals (
        client_id, account_id, date_day, currency, spend, impressions, reach, clicks, link_clicks,
        batch_id
    )
    select
        client_id, account_id, date_start::date, account_currency, spend::numeric,
        impressions::bigint, reach::bigint, coalesce(clicks, '0')::bigint,
        coalesce(inline_link_clicks, '0')::bigint, batch_id
    from landing.unfolded_insights
    where batch_id = %(batch)s and level = 'account' and date_start = any(%(texts)s)
    """,
    """
    insert into staging.conversions (
        client_id, account_id, level, date_day, entity_id, actions, action_values, batch_id
    )
    select
        client_id, account_id, level, date_start::date, entity_id, coalesce(actions, '[]'),
        coalesce(action_values, '[]'), batch_id
    from landing.unfolded_insights
    where batch_id = %(batch)s and date_start = any(%(texts)s)
        and (actions <> '[]' or action_values <> '[]')
    """,
)
"""Staging's rows of some days and levels give way to what landed with a batch."""

Figures = Mapping[date, Mapping[str, Decimal]]


@dataclass(frozen=True)
class Promotion:
    """What became of a batch, in days."""

    kept: int
    changed: int
    refused: int


def promote(
    connection: Connection,
    *,
    client_id: str,
    batch_id: int,
    read_for: date,
    contents: Mapping[str, Contents],
    accepted: Sequence[date],
    refused: Sequence[date],
    refusals: Sequence[Refusal],
    figures: Figures,
) -> Promotion:
    """Keep the accepted days of a landed batch, quarantine the refused ones, write the receipts.

    All in the caller's transaction. `read_for` is the account's latest due day, `figures` are the
    days' sums, of which what changed is logged.
    Days on which the answer of a later batch already stands are left alone.
    """
    _lock(connection, client_id)
    standing = _standing(connection, client_id, accepted)
    newer = {day for (_, day), (_, holder) in standing.items() if holder and holder > batch_id}
    days = [day for day in accepted if day not in newer]
    changed = _stand(connection, client_id, batch_id, read_for, days, contents, figures)
    quarantine(connection, client_id, batch_id, days, refusals)
    write_refused(connection, client_id, batch_id, refused, list(contents), refusals)
    close_batch(connection, client_id, batch_id, days, refused)
    return Promotion(len(days), changed, len(refused))


def release(
    connection: Connection,
    client_id: str,
    batch_id: int,
    read_for: date,
    days: Sequence[date],
    contents: Mapping[str, Contents],
    figures: Figures,
) -> int:
    """Let refused days of a batch stand after all; returns how many changed staging.

    All in the caller's transaction.
    """
    _lock(connection, client_id)
    changed = _stand(connection, client_id, batch_id, read_for, days, contents, figures)
    close_days(connection, client_id, batch_id, days)
    return changed


def _lock(connection: Connection, client_id: str) -> None:
    connection.execute(
        "select pg_advisory_xact_lock(%s, hashtext(%s))", [PROMOTION_LOCK, client_id]
    )


def _stand(
    connection: Connection,
    client_id: str,
    batch_id: int,
    read_for: date,
    days: Sequence[date],
    contents: Mapping[str, Contents],
    figures: Figures,
) -> int:
    """These days are now what the batch says of them."""
    standing = _standing(connection, client_id, days)
    changed = [
        day
        for day in days
        if any(
            standing.get((level, day), (None, 0))[0] != rows.slices[day].content_hash
            for level, rows in contents.items()
        )
    ]
    _replace(connection, client_id, batch_id, changed, list(contents))
    note_figures(
        connection, client_id, batch_id, read_for, {day: figures.get(day, {}) for day in changed}
    )
    write_kept(
        connection,
        client_id,
        batch_id,
        days,
        read_for,
        {level: rows.slices for level, rows in contents.items()},
    )
    touch_months(connection, client_id, changed)
    return len(changed)


def _standing(
    connection: Connection, client_id: str, days: Sequence[date]
) -> dict[tuple[str, date], tuple[str | None, int | None]]:
    found = connection.execute(
        "select level, date_day, content_hash, last_batch_id from ops.slice_state "
        "where client_id = %s and date_day = any(%s) and state <> 'none'",
        [client_id, list(days)],
    )
    return {(row[0], row[1]): (row[2], row[3]) for row in found}


def _replace(
    connection: Connection,
    client_id: str,
    batch_id: int,
    days: Sequence[date],
    levels: Sequence[str],
) -> None:
    """Staging holds for these days what landed with the batch."""
    values = {"client": client_id, "batch": batch_id, "levels": list(levels), "days": list(days)}
    values["texts"] = [day.isoformat() for day in days]
    for statement in REPLACE if days else ():
        connection.execute(statement, values)


def touch_months(connection: Connection, client_id: str, changed: Sequence[date]) -> None:
    """A new version for every client-month whose slices changed: it is to be rebuilt."""
    months = sorted({day.replace(day=1) for day in changed})
    connection.execute(
        """
        insert into ops.client_months as m (client_id, month, version)
        select %s, month, nextval('ops.version_seq') from unnest(%s::date[]) as months (month)
        on conflict (client_id, month) do update set version = excluded.version
        """,
        [client_id, months],
    )
