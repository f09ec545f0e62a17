"""Deleted campaigns: Meta may leave their rows out and keeps their delivery in the account's total.

Without care a day with one would be refused for good. By its id a deleted campaign still answers,
so those that may explain a shortfall are asked one by one: campaigns of which rows stand, and those
that Meta lists as deleted and that lived on these days.
"""

import logging
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from expectations.catalogue import RULES
from orchestration.answers.slices import ENTITY_FIELD
from orchestration.answers.violation import Violation
from orchestration.clients.model import Client
from orchestration.collection.fetcher import Fetcher
from orchestration.meta_api.errors import BadRequestError, MetaApiError
from orchestration.quality.answer import Answer, day_of
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.intake.landing import standing_rows

MOST_ASKED = 50
"""Campaigns that are asked one by one, each at every level."""
RULE = "deleted_campaigns"

Row = Mapping[str, Any]
log = logging.getLogger(__name__)


def add_deleted(
    connection: Connection,
    fetcher: Fetcher,
    client: Client,
    answer: Answer,
    days: Collection[date],
) -> list[Violation]:
    """Add the rows of deleted campaigns that the answer lacks; a warning for each such day.

    What stands of a campaign is taken where Meta no longer tells its rows.
    """
    present = answer.evidence.objects()
    seen = {entity_id for level, _, entity_id in present if level == "campaign"}
    stood = [
        (level, row)
        for level, row in standing_rows(connection, client.client_id, sorted(days))
        if level in answer.contents and row["campaign_id"] not in seen
    ]
    try:
        deleted = _deleted(fetcher, client, days, {row["campaign_id"] for _, row in stood}, seen)
    except MetaApiError as error:
        log.warning("%s: deleted campaigns could not be asked for: %s", client.client_id, error)
        return []
    found = _rows(fetcher, client, sorted(deleted), days)
    added: dict[date, set[str]] = {}
    for level, row in (*found, *stood):
        day = day_of(row.get("date_start"))
        key = (level, row.get("date_start"), row.get(ENTITY_FIELD[level]))
        if (
            day is not None
            and day in days
            and row.get("campaign_id") in deleted
            and key not in present
        ):
            present.add(key)
            answer.add(level, [dict(row)])
            added.setdefault(day, set()).add(row["campaign_id"])
    return [
        Violation(RULE, "warning", day, f"{RULES[RULE].description} ({', '.join(sorted(ids))})")
        for day, ids in sorted(added.items())
    ]


def _deleted(
    fetcher: Fetcher,
    client: Client,
    days: Collection[date],
    stood: Collection[str],
    seen: Collection[str],
) -> set[str]:
    """Deleted campaigns that may have delivered on these days and that the answer does not name."""
    listed = {
        str(campaign["id"])
        for campaign in fetcher.listed_deleted_campaigns(client)
        if "id" in campaign and _lived(campaign, days)
    }
    candidates = (listed | {*stood}) - {*seen}
    if len(candidates) > MOST_ASKED:
        # Whoever deletes that many still has those of which rows stand explained.
        candidates = {*stood} - {*seen}
    if len(candidates) > MOST_ASKED:
        log.warning("%s: too many campaigns left the answer to ask each", client.client_id)
        return set()
    return candidates & (listed | fetcher.deleted_campaigns(client, sorted(candidates - listed)))


def _rows(
    fetcher: Fetcher, client: Client, campaign_ids: Collection[str], days: Collection[date]
) -> Iterator[tuple[str, Row]]:
    """Level and row of what the campaigns themselves tell, as far as they answer."""
    for campaign_id in campaign_ids:
        try:
            for level in client.levels:
                for row in fetcher.campaign_rows(client, campaign_id, level, min(days), max(days)):
                    yield level, row
        except MetaApiError as error:
            log.warning("%s: campaign %s: %s", client.client_id, campaign_id, error)
            if not isinstance(error, BadRequestError):
                return


def _lived(campaign: Row, days: Collection[date]) -> bool:
    """Whether a deleted campaign existed on one of the days: its last change is its deletion."""
    try:
        created, updated = (
            datetime.fromisoformat(campaign[name]).date()
            for name in ("created_time", "updated_time")
        )
    except (KeyError, TypeError, ValueError):
        return True
    return created <= max(days) and updated >= min(days)
