"""A query of the insights edge, and how it is divided into smaller queries."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Self

import orjson

from orchestration.meta_api.fields import (
    ATTRIBUTION_WINDOWS,
    EFFECTIVE_STATUSES,
    insights_fields,
)


@dataclass(frozen=True, kw_only=True)
class InsightsQuery:
    """Daily rows of an ad account at one level.

    Attributes:
        account_id: the ad account, with `act_`.
        level: account, campaign, adset or ad.
        since, until: days of the account, both included.
        campaign_ids: only these campaigns; None asks for all, deleted and archived ones included.
        campaign_id: ask this campaign's own edge, which answers even if its account leaves it out.
    """

    account_id: str
    level: str
    since: date
    until: date
    campaign_ids: tuple[str, ...] | None = None
    campaign_id: str | None = None

    @property
    def edge(self) -> str:
        """The path of the call."""
        return f"{self.campaign_id or self.account_id}/insights"

    @property
    def days(self) -> int:
        """How many days the query covers."""
        return (self.until - self.since).days + 1

    def first_day(self) -> Self:
        """The same query for its first day only."""
        return replace(self, until=self.since)

    def halves(self) -> tuple[Self, Self]:
        """Two queries of half the days each; needs `days` of 2 or more."""
        middle = self.since + timedelta(days=self.days // 2)
        return replace(self, until=middle - timedelta(days=1)), replace(self, since=middle)

    def of_campaigns(self, campaign_ids: Sequence[str]) -> Self:
        """The same query for some campaigns only."""
        return replace(self, campaign_ids=tuple(campaign_ids))

    def params(self) -> dict[str, str]:
        """The parameters of the call, without those of paging."""
        return {
            "level": self.level,
            "fields": ",".join(insights_fields(self.level)),
            "time_range": compact(
                {"since": self.since.isoformat(), "until": self.until.isoformat()}
            ),
            "time_increment": "1",
            "action_attribution_windows": compact(ATTRIBUTION_WINDOWS),
            "filtering": compact(self._filters()),
        }

    def _filters(self) -> list[dict[str, Any]]:
        level = "campaign" if self.level == "account" else self.level
        filters = [_is_in(f"{level}.effective_status", EFFECTIVE_STATUSES[level])]
        if self.campaign_ids is not None:
            filters.append(_is_in("campaign.id", self.campaign_ids))
        return filters


def statuses_filter(statuses: Sequence[str]) -> str:
    """The parameter `filtering` for objects in these states."""
    return compact([_is_in("effective_status", statuses)])


def compact(value: Any) -> str:
    """JSON without spaces, as the API expects its parameters."""
    return orjson.dumps(value).decode()


def _is_in(field: str, values: Sequence[str]) -> dict[str, Any]:
    return {"field": field, "operator": "IN", "value": list(values)}
