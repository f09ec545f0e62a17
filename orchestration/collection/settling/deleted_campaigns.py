"""Adds the rows of deleted campaigns, which Meta may leave out though the account's total has them.

Otherwise a day with a deleted campaign would always be refused. Asked for by its id, a deleted
campaign still answers. The campaigns that may explain what is missing are therefore asked one by
one: those with stored rows, and those that Meta lists as deleted and that existed on these days.
"""

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from orchestration.answers.slices import ENTITY_FIELD
from orchestration.answers.violation import Violation
from orchestration.clients.model import Client
from orchestration.days import day_of
from orchestration.expectations.catalogue import RULES
from orchestration.meta_api.errors import BadRequestError, MetaApiError, UnusableAnswerError
from orchestration.quality.answer import Answer
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.intake.landing import standing_rows

MAX_CAMPAIGNS = 50
"""Campaigns that are asked one by one, each at every level."""
RULE = "deleted_campaigns"

Row = Mapping[str, Any]
LevelRow = tuple[str, Row]
log = logging.getLogger(__name__)


class CampaignsApi(Protocol):
    """What the API is asked about campaigns; any call may raise a `MetaApiError`.

    A call whose answer is odd fails the window, instead of being done without.
    """

    def listed_deleted_campaigns(self, client: Client) -> Iterable[Row]:
        """The account's deleted campaigns, as far as Meta lists them."""

    def deleted_campaigns(self, client: Client, campaign_ids: Iterable[str]) -> set[str]:
        """The campaigns among these that Meta calls deleted."""

    def campaign_rows(
        self, client: Client, campaign_id: str, level: str, since: date, until: date
    ) -> Iterable[Row]:
        """Rows of one campaign, asked for by its id."""


def add_deleted(
    connection: Connection,
    api: CampaignsApi,
    client: Client,
    answer: Answer,
    days: Collection[date],
) -> list[Violation]:
    """Add the rows of deleted campaigns that the answer lacks; a warning for each such day.

    Stored rows of a deleted campaign are taken where Meta no longer sends any.
    """
    answered = _answered_campaigns(answer)
    stored = [
        (level, row)
        for level, row in standing_rows(connection, client.client_id, sorted(days))
        if level in answer.contents and row["campaign_id"] not in answered
    ]
    missing = {row["campaign_id"] for _, row in stored}
    try:
        deleted = _deleted_campaigns(api, client, days, missing, answered)
    except UnusableAnswerError:
        raise
    except MetaApiError as error:
        log.warning("%s: deleted campaigns could not be asked for: %s", client.client_id, error)
        return []
    fetched = [*_rows_of_campaigns(api, client, sorted(deleted), days)]
    added = _add_rows(answer, [*fetched, *stored], deleted, days)
    return [
        Violation(RULE, "warning", day, f"{RULES[RULE].description} ({', '.join(sorted(ids))})")
        for day, ids in sorted(added.items())
    ]


def _answered_campaigns(answer: Answer) -> set[str]:
    return {entity_id for level, _, entity_id in answer.evidence.objects() if level == "campaign"}


def _add_rows(
    answer: Answer, rows: Sequence[LevelRow], deleted: Collection[str], days: Collection[date]
) -> dict[date, set[str]]:
    """Add rows of deleted campaigns that are not in the answer; returns their ids by day."""
    present = answer.evidence.objects()
    added: dict[date, set[str]] = {}
    for level, row in rows:
        day = day_of(row.get("date_start"))
        key = (level, row.get("date_start"), row.get(ENTITY_FIELD[level]))
        if day is None or day not in days or row.get("campaign_id") not in deleted:
            continue
        if key not in present:
            present.add(key)
            answer.add(level, [dict(row)])
            added.setdefault(day, set()).add(row["campaign_id"])
    return added


def _deleted_campaigns(
    api: CampaignsApi,
    client: Client,
    days: Collection[date],
    missing: Collection[str],
    answered: Collection[str],
) -> set[str]:
    """Deleted campaigns that may have delivered on these days and are not in the answer.

    `missing` are campaigns with stored rows, `answered` those with rows in the answer.
    """
    listed = {
        str(campaign["id"])
        for campaign in api.listed_deleted_campaigns(client)
        if "id" in campaign and _existed(campaign, days)
    }
    candidates = (listed | {*missing}) - {*answered}
    if len(candidates) > MAX_CAMPAIGNS:
        # If so many are deleted, at least those with stored rows are explained.
        candidates = {*missing} - {*answered}
    if len(candidates) > MAX_CAMPAIGNS:
        log.warning("%s: too many campaigns are missing to ask each of them", client.client_id)
        return set()
    return candidates & (listed | api.deleted_campaigns(client, sorted(candidates - listed)))


def _rows_of_campaigns(
    api: CampaignsApi, client: Client, campaign_ids: Collection[str], days: Collection[date]
) -> Iterator[LevelRow]:
    """Level and row of the campaigns, asked one by one, as far as they answer."""
    for campaign_id in campaign_ids:
        try:
            for level in client.levels:
                for row in api.campaign_rows(client, campaign_id, level, min(days), max(days)):
                    yield level, row
        except UnusableAnswerError:
            raise
        except MetaApiError as error:
            log.warning("%s: campaign %s: %s", client.client_id, campaign_id, error)
            if not isinstance(error, BadRequestError):
                return


def _existed(campaign: Row, days: Collection[date]) -> bool:
    """Whether a deleted campaign existed on one of the days: its last change is its deletion."""
    try:
        created, updated = (
            datetime.fromisoformat(campaign[name]).date()
            for name in ("created_time", "updated_time")
        )
    except (KeyError, TypeError, ValueError):
        return True
    return created <= max(days) and updated >= min(days)
