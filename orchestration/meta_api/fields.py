"""What calls ask for: fields, attribution windows and states, by level."""

from orchestration.answers.results import RESULT_FIELDS

ACCOUNT_FIELDS = ("account_id", "name", "currency", "timezone_name", "account_status")

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
    *RESULT_FIELDS,
)

OBJECTS = {
    "account": (),
    "campaign": ("campaign_id", "campaign_name"),
    "adset": ("campaign_id", "campaign_name", "adset_id", "adset_name"),
    "ad": ("campaign_id", "campaign_name", "adset_id", "adset_name", "ad_id", "ad_name"),
}

KEYS = {
    "account": ("account_id",),
    "campaign": ("campaign_id",),
    "adset": ("adset_id",),
    "ad": ("ad_id",),
}
"""The fields that identify a row of a level, beside its dates."""

ATTRIBUTION_WINDOWS = ["1d_click", "7d_click", "28d_click", "1d_view"]
"""In addition to the default window, which Meta always sends as `value`. Meta has not returned
7d_view and 28d_view since 2026-01-12."""

_STATUSES = ("ACTIVE", "PAUSED", "DELETED", "ARCHIVED", "IN_PROCESS", "WITH_ISSUES")
_AD_STATUSES = (
    "ADSET_PAUSED",
    "DISAPPROVED",
    "PENDING_BILLING_INFO",
    "PENDING_REVIEW",
    "PREAPPROVED",
)

EFFECTIVE_STATUSES = {
    "campaign": [*_STATUSES],
    "adset": [*_STATUSES, "CAMPAIGN_PAUSED"],
    "ad": [*_STATUSES, "CAMPAIGN_PAUSED", *_AD_STATUSES],
}
"""Every state an object can be in. Meta leaves out deleted and archived objects unless these states
are named; the sum of the parts is then below the account's total."""

ENTITY_LEVELS = {"campaigns": "campaign", "adsets": "adset", "ads": "ad"}
"""The level of the objects of each edge of an account."""

ENTITY_FIELDS = {
    "campaigns": (
        "id",
        "name",
        "objective",
        "effective_status",
        "daily_budget",
        "lifetime_budget",
        "created_time",
        "updated_time",
    ),
    "adsets": (
        "id",
        "name",
        "campaign_id",
        "effective_status",
        "optimization_goal",
        "created_time",
        "updated_time",
    ),
    "ads": (
        "id",
        "name",
        "campaign_id",
        "adset_id",
        "effective_status",
        "created_time",
        "updated_time",
    ),
}

DELETED = "DELETED"
"""The `effective_status` of deleted objects, which listings may leave out."""

ACTIVE = 1
ACCOUNT_STATUSES = {
    ACTIVE: "active",
    2: "disabled",
    3: "unsettled",
    7: "pending risk review",
    8: "pending settlement",
    9: "in grace period",
    100: "pending closure",
    101: "closed",
}
"""Meta's `account_status` in words."""


def insights_fields(level: str) -> tuple[str, ...]:
    """The fields of a row of this level: account, campaign, adset or ad."""
    return OBJECTS[level] + METRICS
