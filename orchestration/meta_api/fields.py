"""What is asked for: fields, windows and states, by level."""

ACCOUNT_FIELDS = ("account_id", "name", "currency", "timezone_name")

METRICS = (
    "account_id",
    "account_currency",
    "spend",
    "impressions",
    "reach",
    "clicks",
    "inline_link_clicks",
    "actions",
    "action_values",
)

OBJECTS = {
    "account": (),
    "campaign": ("campaign_id", "campaign_name"),
    "adset": ("campaign_id", "campaign_name", "adset_id", "adset_name"),
    "ad": ("campaign_id", "campaign_name", "adset_id", "adset_name", "ad_id", "ad_name"),
}

ATTRIBUTION_WINDOWS = ["1d_click", "7d_click", "28d_click", "1d_view"]
"""Beside the default window, which Meta always sends as `value`. It no longer returns 7d_view and
28d_view since 2026-01-12."""

EFFECTIVE_STATUSES = [
    "ACTIVE",
    "PAUSED",
    "DELETED",
    "ARCHIVED",
    "IN_PROCESS",
    "WITH_ISSUES",
]


def insights_fields(level: str) -> tuple[str, ...]:
    """The fields of a row of this level: account, campaign, adset or ad."""
    return OBJECTS[level] + METRICS
