"""From verdict to staging: one transaction replaces client-days, all levels at once.

A slice whose contents did not change is not rewritten: only its receipt says that it still holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from orchestration.answers.slices import Batch
from orchestration.answers.violation import Violation
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.intake.batches import close_batch, close_days
from orchestration.warehouse.intake.landing import Cost, land, land_beside
from orchestration.warehouse.intake.oddities import note_oddities
from orchestration.warehouse.intake.quarantine import quarantine, write_refused
from orchestration.warehouse.intake.readings import note_figures
from orchestration.warehouse.intake.slice_state import write_kept
from orchestration.warehouse.intake.standing import forget_readings, note_readings

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


Standing = Mapping[tuple[str, date], tuple[str | None, int | None]]
"""Hash and last batch of what stands, by level and day."""


@dataclass(frozen=True)
class Promotion:
    """What became of a batch, in days."""

    kept: int
    changed: int
    refused: int


def promote(
    connection: Connection,
    batch: Batch,
    cost: Cost,
    accepted: Sequence[date],
    refused: Sequence[date],
    refusals: Sequence[Violation],
) -> Promotion:
    """Land a batch, keep its accepted days, quarantine the refused ones, write the receipts.

    All in the caller's transaction. Days about which a later batch already said something are left
    alone. Rows of days that are as they were do not land again: theirs are there already.
    """
    _lock(connection, batch.client_id)
    standing = _standing(connection, batch.client_id, [*accepted, *refused])
    newer = {day for (_, day), (_, last) in standing.items() if last and last > batch.batch_id}
    days = [day for day in accepted if day not in newer]
    refused = [day for day in refused if day not in newer]
    refusals = [r for r in refusals if r.date_day not in newer]
    changed = _changed(batch, days, standing)
    land(connection, batch, {*days} - {*changed}, cost)
    land_beside(connection, batch)
    _stand(connection, batch, days, changed)
    quarantine(connection, batch.client_id, batch.batch_id, days, refusals)
    note_oddities(connection, batch)
    levels = list(batch.contents)
    write_refused(connection, batch.client_id, batch.batch_id, refused, levels, refusals)
    close_batch(connection, batch.client_id, batch.batch_id, days, refused)
    doubted = {r.date_day for r in refusals if r.rule == "standing_data_vanished"}
    readings = {day: batch.readings[day] for day in refused if day in batch.readings}
    note_readings(
        connection,
        batch.client_id,
        batch.batch_id,
        {day: figures for day, figures in readings.items() if day in doubted},
    )
    return Promotion(len(days), len(changed), len(refused))


def release(connection: Connection, batch: Batch, days: Sequence[date]) -> None:
    """Let refused days of a batch, which have landed, stand after all.

    All in the caller's transaction.
    """
    _lock(connection, batch.client_id)
    changed = _changed(batch, days, _standing(connection, batch.client_id, days))
    _stand(connection, batch, days, changed)
    close_days(connection, batch.client_id, batch.batch_id, days)


def _lock(connection: Connection, client_id: str) -> None:
    """Wait until no other batch of this client is being promoted."""
    connection.execute(
        "select from ops.clients where client_id = %s for no key update", [client_id]
    )


def _changed(batch: Batch, days: Sequence[date], standing: Standing) -> list[date]:
    """The days whose contents are not what stands, at whatever level."""
    return [
        day
        for day in days
        if any(
            standing.get((level, day), (None, 0))[0] != rows.slices[day].content_hash
            for level, rows in batch.contents.items()
        )
    ]


def _stand(
    connection: Connection, batch: Batch, days: Sequence[date], changed: Sequence[date]
) -> None:
    """These days are now what the batch says of them; some of them changed."""
    _replace(connection, batch, changed)
    figures = {day: batch.figures.get(day, {}) for day in changed}
    note_figures(connection, batch.client_id, batch.batch_id, batch.read_for, figures)
    touch_months(connection, batch.client_id, changed)
    write_kept(connection, batch, days)
    forget_readings(connection, batch.client_id, days)


def _standing(connection: Connection, client_id: str, days: Sequence[date]) -> Standing:
    found = connection.execute(
        "select level, date_day, content_hash, last_batch_id from ops.slice_state "
        "where client_id = %s and date_day = any(%s) and state <> 'none'",
        [client_id, list(days)],
    )
    return {(row[0], row[1]): (row[2], row[3]) for row in found}


def _replace(connection: Connection, batch: Batch, days: Sequence[date]) -> None:
    """Staging holds for these days what landed with the batch."""
    values = {
        "client": batch.client_id,
        "batch": batch.batch_id,
        "levels": list(batch.contents),
        "days": list(days),
        "texts": [day.isoformat() for day in days],
    }
    for statement in REPLACE if days else ():
        connection.execute(statement, values)


def touch_months(connection: Connection, client_id: str, changed: Sequence[date]) -> None:
    """A new version for every client-month whose slices changed: it is to be rebuilt.

    Before the receipts of the change are written: whether the month was final until then is kept.
    """
    months = sorted({day.replace(day=1) for day in changed})
    connection.execute(
        """
        insert into ops.client_months as m (client_id, month, version)
        select %s, month, nextval('ops.version_seq') from unnest(%s::date[]) as months (month)
        on conflict (client_id, month) do update set
            version = excluded.version,
            was_final = m.was_final or (
                m.published_version is not null
                and coalesce(ops.is_final(m.client_id, m.month), false)
            )
        """,
        [client_id, months],
    )
