"""The sandbox's own totals of an account, and the sums of the marts to compare them with."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import requests

Ask = Callable[[str, Any], list[tuple[Any, ...]]]
"""Asks the warehouse a query with its parameters, and returns the rows."""
Totals = dict[str, Any]
FIGURES = (
    "currency, sum(spend), sum(impressions), sum(clicks), sum(link_clicks), "
    "sum(purchases), sum(purchase_value), sum(leads)"
)
FIGURE_NAMES = (
    "currency",
    "spend",
    "impressions",
    "clicks",
    "link_clicks",
    "purchases",
    "purchase_value",
    "leads",
)


def truth(sandbox_url: str, account_id: str, since: str, until: str) -> Totals:
    """The sandbox's own totals of an account, as numbers, under the names of the marts."""
    query = {"account": account_id, "since": since, "until": until}
    answer = requests.get(f"{sandbox_url}/sandbox/truth", params=query, timeout=30).json()
    actions = answer["actions"]
    nothing: dict[str, Any] = {"count": 0, "value": "0"}
    purchase = actions.get("omni_purchase") or actions.get("purchase") or nothing
    return {
        "currency": answer["currency"],
        "spend": Decimal(answer["spend"]),
        "impressions": answer["impressions"],
        "clicks": answer["clicks"],
        "link_clicks": answer["link_clicks"],
        "purchases": Decimal(purchase["count"]),
        "purchase_value": Decimal(purchase["value"]),
        "leads": Decimal(actions.get("lead", nothing)["count"]),
    }


def published(ask: Ask, mart: str, month: str) -> dict[str, Totals]:
    """The sums of a mart over a month, by client; nobody stands twice for a second currency."""
    period = "date_trunc('month', date_day)" if mart.startswith("daily") else "month"
    select, where = ("select client_id,", FIGURES, "from marts." + mart), ("where", period, "= %s")
    found = ask(" ".join((*select, *where, "::date group by client_id, currency")), [month])
    assert len({row[0] for row in found}) == len(found)
    return {row[0]: dict(zip(FIGURE_NAMES, row[1:], strict=True)) for row in found}
