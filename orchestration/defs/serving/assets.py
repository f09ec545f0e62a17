"""The current month so far, refreshed every hour; not part of the main job, and in no mart."""

from typing import Any

import dagster as dg
from pydantic import Field

from orchestration import progress
from orchestration.current_month.refresh import refresh_current_month
from orchestration.defs.resources import MetaAds
from orchestration.foreign_text import shown

CURRENT_MONTH = dg.AssetKey(["serving", "current_month_cache"])
MOST_ERRORS = 50
"""How many errors are shown in the metadata."""


class RefreshConfig(dg.Config):
    """Which clients to refresh; without any, all that advertise today."""

    clients: list[str] = Field(default_factory=list)


@dg.asset(
    key=CURRENT_MONTH,
    deps=[dg.AssetKey(["marts", "monthly_client_summary"])],
    group_name="serving",
    kinds={"python", "postgres"},
    owners=["team:data"],
    description="One row per client: its current month, from the published days and today so far, "
    "for the KPI API. What Meta answers passes the same gate as every collection, but leaves no "
    "receipts.",
)
def current_month_cache(
    context: dg.AssetExecutionContext, config: RefreshConfig, meta_ads: MetaAds
) -> dg.MaterializeResult[Any]:
    """Collect today so far, and add it to what is published of the month."""
    refreshed = refresh_current_month(
        meta_ads.settings(), meta_ads.clients(), config.clients, progress.current()
    )
    for client_id, error in refreshed.errors.items():
        context.log.warning("%s keeps its old value: %s", client_id, shown(str(error)))
    return dg.MaterializeResult(
        metadata={
            "clients_refreshed": len(refreshed.fresh),
            "clients_failed": len(refreshed.errors),
            "errors": dict(list(refreshed.errors.items())[:MOST_ERRORS]),
            "api_calls": refreshed.calls,
        }
    )
