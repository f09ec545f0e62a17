"""A slice: the validated rows of one client, level and day, and the hash that tells a change."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from typing import Any

import orjson

Row = Mapping[str, Any]


@dataclass
class Slice:
    """Rows of one client-day and level as they go into staging, without the batch's id."""

    insights: list[tuple[Any, ...]] = field(default_factory=list)
    conversions: list[tuple[Any, ...]] = field(default_factory=list)

    @property
    def content_hash(self) -> str:
        """Equal for equal contents, in whatever order the rows came."""
        digest = blake2b(digest_size=16)
        for line in sorted(repr(row) for row in [*self.insights, *self.conversions]):
            digest.update(line.encode())
        return digest.hexdigest()


INSIGHTS_COLUMNS = (
    "client_id, account_id, level, date_day, entity_id, campaign_id, campaign_name, ad_set_id, "
    "ad_set_name, ad_id, ad_name, currency, spend, impressions, reach, clicks, link_clicks"
)
CONTROL_COLUMNS = (
    "client_id, account_id, date_day, currency, spend, impressions, reach, clicks, link_clicks"
)
CONVERSIONS_COLUMNS = "client_id, account_id, level, date_day, entity_id, actions, action_values"
ENTITY_FIELD = {"account": "account_id", "campaign": "campaign_id"}
ENTITY_FIELD |= {"adset": "adset_id", "ad": "ad_id"}


def slices(
    client_id: str, level: str, days: Sequence[date], rows: Sequence[Row]
) -> dict[date, Slice]:
    """The slices of these days, empty ones too. Rows of other days are left out."""
    found: dict[date, Slice] = {day: Slice() for day in days}
    by_text = {day.isoformat(): part for day, part in found.items()}
    for row in rows:
        part = by_text.get(str(row.get("date_start")))
        if part is None:
            continue
        part.insights.append(_delivery(client_id, level, row))
        if row.get("actions") or row.get("action_values"):
            part.conversions.append(_conversions(client_id, level, row))
    return found


def _delivery(client_id: str, level: str, row: Row) -> tuple[Any, ...]:
    """Text goes to Postgres as it came: no digit of an amount is lost on the way."""
    metrics = (
        row["account_currency"],
        row["spend"],
        row["impressions"],
        row.get("reach"),
        row.get("clicks") or "0",
        row.get("inline_link_clicks") or "0",
    )
    if level == "account":
        return client_id, row["account_id"], row["date_start"], *metrics
    names = ("campaign_id", "campaign_name", "adset_id", "adset_name", "ad_id", "ad_name")
    key = (client_id, row["account_id"], level, row["date_start"], row[ENTITY_FIELD[level]])
    return *key, *(_text(row.get(name)) for name in names), *metrics


def _conversions(client_id: str, level: str, row: Row) -> tuple[Any, ...]:
    key = (client_id, row["account_id"], level, row["date_start"], row[ENTITY_FIELD[level]])
    return *key, _entries(row.get("actions")), _entries(row.get("action_values"))


def storable(document: str) -> str:
    """JSON text that Postgres takes: it holds no NUL, the replacement character stands for it."""
    return document.replace("\\u0000", "\\ufffd")


def _text(value: Any) -> str | None:
    return None if value is None else str(value).replace("\0", "\ufffd")


def _entries(entries: Sequence[Mapping[str, Any]] | None) -> str:
    ordered = sorted(entries or [], key=lambda entry: str(entry["action_type"]))
    return storable(orjson.dumps(ordered, option=orjson.OPT_SORT_KEYS).decode())


def group_by_level(
    client_id: str, days: Sequence[date], rows: Mapping[str, Sequence[Row]]
) -> dict[str, dict[date, Slice]]:
    """The slices of every level of an answer."""
    grouped: dict[str, dict[date, Slice]] = defaultdict(dict)
    for level, level_rows in rows.items():
        grouped[level] = slices(client_id, level, days, level_rows)
    return dict(grouped)
