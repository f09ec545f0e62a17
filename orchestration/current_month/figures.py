"""The figures of the running month: sums of an answer, added to what is published."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import orjson

from orchestration.answers.families import Counting, counted_families
from orchestration.answers.results import with_all_results
from orchestration.clients.model import Client
from orchestration.current_month.cache import Figures
from orchestration.quality.answer import Answer
from orchestration.quality.rows.sums import sums_by_day


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
    asked_days = {day.isoformat() for day in answer.window.days}
    documents = answer.contents[level].documents(without)
    rows = (with_all_results(orjson.loads(document.row)) for document in documents)
    return (row for row in rows if row.get("date_start") in asked_days)
