"""The figures of the running month: sums of an answer, added to what is published."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import orjson

from orchestration.answers.families import Counting, counted_families
from orchestration.answers.results import with_all_results
from orchestration.clients.model import Client
from orchestration.quality.answer import Answer
from orchestration.quality.rows.sums import sums_by_day


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Sums of some days. Conversions that are not known are None, with a reason."""

    spend: Decimal = Decimal(0)
    impressions: int = 0
    clicks: int = 0
    link_clicks: int = 0
    conversions: Decimal | None = Decimal(0)
    conversion_value: Decimal | None = Decimal(0)
    purchases: Decimal | None = Decimal(0)
    purchase_value: Decimal | None = Decimal(0)
    leads: Decimal | None = Decimal(0)
    conversions_null_reason: str | None = None

    def __add__(self, other: "Figures") -> "Figures":
        """The sums of both; a figure that one of them does not know is unknown.

        The reason is that of the first.
        """
        return Figures(
            spend=self.spend + other.spend,
            impressions=self.impressions + other.impressions,
            clicks=self.clicks + other.clicks,
            link_clicks=self.link_clicks + other.link_clicks,
            conversions=_sum(self.conversions, other.conversions),
            conversion_value=_sum(self.conversion_value, other.conversion_value),
            purchases=_sum(self.purchases, other.purchases),
            purchase_value=_sum(self.purchase_value, other.purchase_value),
            leads=_sum(self.leads, other.leads),
            conversions_null_reason=self.conversions_null_reason,
        )


def figures_of(client: Client, answer: Answer | None, without: Collection[date]) -> Figures:
    """The sums of an answer, without some of its days."""
    if answer is None:
        return Figures()
    own = client.own_families or Counting()
    counted = counted_families(own)
    shown = replace(own, families=counted | {"purchase", "lead"})
    parts, totals = (
        sums_by_day(_rows(answer, level, without), shown) for level in ("campaign", "account")
    )
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for day, day_sums in parts.items():
        for name, amount in day_sums.figures(totals.get(day)).items():
            sums[name] += amount
    return Figures(
        spend=sums["spend"],
        impressions=int(sums["impressions"]),
        clicks=int(sums["clicks"]),
        link_clicks=int(sums["link_clicks"]),
        conversions=sum((sums[f"conversions:{family}"] for family in counted), Decimal(0)),
        conversion_value=sum((sums[f"value:{family}"] for family in counted), Decimal(0)),
        purchases=sums["conversions:purchase"],
        purchase_value=sums["value:purchase"],
        leads=sums["conversions:lead"],
    )


def _rows(answer: Answer, level: str, without: Collection[date]) -> Iterator[dict[str, Any]]:
    """The rows of a level with all their results, except those of some days.

    Rows of days that were not asked for are left out, too: the gate refuses them.
    """
    asked = {day.isoformat() for day in answer.window.days}
    documents = answer.contents[level].documents(without)
    rows = (with_all_results(orjson.loads(document.row)) for document in documents)
    return (row for row in rows if row.get("date_start") in asked)


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one + other
