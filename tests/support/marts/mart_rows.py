"""The marts, and their rows with the transaction that wrote each."""

from typing import Any

from databases import Warehouse

MARTS = (
    "client_months",
    "daily_account_performance",
    "daily_campaign_performance",
    "daily_ad_set_performance",
    "daily_ad_performance",
    "monthly_campaign_metrics",
    "monthly_conversion_metrics",
    "monthly_action_metrics",
    "entity_names",
)
FINER = ("campaign", "adset", "ad")
EVERY = ("account", *FINER)


def rows_with_xmin(warehouse: Warehouse) -> dict[str, list[Any]]:
    """Every published row with the transaction that wrote it."""
    return {
        mart: sorted(
            map(
                str,
                warehouse.rows(f"select xmin::text, client_id, p::text from published.{mart} p"),
            )
        )
        for mart in MARTS
    }
