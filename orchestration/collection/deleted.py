"""Deleted campaigns: Meta leaves their rows out and keeps their delivery in the account's total.

Without care a day with one would be refused for good. What stands of them is carried into the new
answer, once Meta confirms by the campaign's id that it is deleted; nothing else explains a
shortfall.
"""

import logging
from collections.abc import Collection
from datetime import date

from expectations.catalogue import RULES
from orchestration.clients import Client
from orchestration.collection.fetch import Fetcher
from orchestration.meta_api.errors import MetaApiError
from orchestration.quality.answer import Answer, day_of
from orchestration.quality.verdict import Violation
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.landing import standing_rows

MOST_ASKED = 50
"""More campaigns than this do not vanish at once because somebody deleted them."""
RULE = "deleted_campaigns"
log = logging.getLogger(__name__)


def carry_deleted(
    connection: Connection,
    fetcher: Fetcher,
    client: Client,
    answer: Answer,
    days: Collection[date],
) -> list[Violation]:
    """Put the standing rows of deleted campaigns into the answer; a warning for each such day."""
    told = answer.evidence.columns
    rows = zip(told["level"], told["date_start"], told["entity_id"], strict=True)
    present = {(day, entity_id) for level, day, entity_id in rows if level == "campaign"}
    lost = [
        (level, row)
        for level, row in standing_rows(connection, client.client_id, sorted(days))
        if (row["date_start"], row["campaign_id"]) not in present and level in answer.contents
    ]
    campaign_ids = sorted({row["campaign_id"] for _, row in lost})
    if not 0 < len(campaign_ids) <= MOST_ASKED:
        return []
    try:
        deleted = fetcher.deleted_campaigns(client, campaign_ids)
    except MetaApiError as error:
        log.warning("%s: whether campaigns were deleted is not known: %s", client.client_id, error)
        return []
    carried: dict[date, set[str]] = {}
    for level, row in lost:
        if row["campaign_id"] in deleted and (day := day_of(row["date_start"])) is not None:
            answer.add(level, [row])
            carried.setdefault(day, set()).add(row["campaign_id"])
    return [
        Violation(RULE, "warning", day, f"{RULES[RULE].description} ({', '.join(sorted(ids))})")
        for day, ids in sorted(carried.items())
    ]
