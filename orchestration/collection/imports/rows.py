"""Rows of an export in the form of the API's, level by level.

What an export cannot say is absent: attribution windows, and reach where rows are added up.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from orchestration.answers.results import Row as ApiRow
from orchestration.clients.model import Client
from orchestration.exports.export import Export, Row
from orchestration.exports.headers import LEVELS
from orchestration.exports.results import actions_of

COUNTS = {
    "impressions": "impressions",
    "reach": "reach",
    "clicks": "clicks",
    "link_clicks": "inline_link_clicks",
}
"""Counts by our names and Meta's."""


def levels_to_import(export: Export, client: Client) -> list[str]:
    """The levels that the file can answer for, of those that the client collects."""
    depth = LEVELS.index(export.level) + 1
    known = [level for level in LEVELS[:depth] if f"{level}_id" in export.columns]
    return ["account", *(level for level in known if level in ("campaign", *client.levels))]


def api_rows(export: Export, levels: Sequence[str], account_id: str) -> Mapping[str, list[ApiRow]]:
    """The rows of the file by level; the account's are the sums of all rows of the day."""
    return {
        level: [_api_row(export, row, account_id) for row in export.rows_of(level)]
        for level in levels
    }


def _api_row(export: Export, row: Row, account_id: str) -> ApiRow:
    written: dict[str, Any] = {
        "date_start": row.day.isoformat(),
        "date_stop": row.day.isoformat(),
        "account_id": account_id,
        "account_currency": export.currency,
    }
    for level, named in row.objects.items():
        written[f"{level}_id"] = named.id
        if named.name:
            written[f"{level}_name"] = named.name
    if "spend" in row.metrics:
        written["spend"] = f"{row.metrics['spend']:f}"
    for meaning, field in COUNTS.items():
        if meaning in row.metrics:
            written[field] = str(int(row.metrics[meaning]))
    actions = actions_of(row, export.columns)
    if counts := [(name, each.count) for each in actions for name in each.types]:
        written["actions"] = _entries(counts)
    if values := [
        (name, each.value) for each in actions for name in each.types if each.value is not None
    ]:
        written["action_values"] = _entries(values)
    return written


def _entries(amounts: Sequence[tuple[str, Decimal]]) -> list[dict[str, str]]:
    return [{"action_type": name, "value": f"{amount:f}"} for name, amount in amounts]
