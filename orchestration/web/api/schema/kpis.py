"""The shape of the answer of the KPI API."""

from datetime import date
from typing import Literal

from pydantic import Field

from orchestration.web.api.schema.base import Amount, Answer, AsOf, ClientId, Count, Instant, Month


class Kpis(Answer):
    """A client's month.

    Numbers are exact decimals as text. Conversions are null, with a reason, where they are not
    known; ratios where their divisor is zero or unknown.
    """

    client: ClientId
    month: Month
    currency: str
    source: Literal["publication", "cache"] = Field(
        description="publication: the marts. cache: the running month, collected up to now."
    )
    month_state: Literal["open", "provisional", "final"]
    publication_id: int | None
    is_complete: bool
    missing_days: list[date]
    until: date | None = Field(description="The last day that the figures hold.")
    is_stale: bool = Field(description="Older than three hours, and nothing fresher could be had.")
    refreshed_at: Instant
    as_of: AsOf | None = None
    spend: Amount
    impressions: Count
    clicks: Count
    link_clicks: Count
    conversions: Count | None
    conversion_value: Amount | None
    purchases: Count | None
    purchase_value: Amount | None
    leads: Count | None
    ctr: Count | None
    cpc: Amount | None
    cpm: Amount | None
    cost_per_conversion: Amount | None
    roas: Count | None
    conversions_null_reason: str | None
