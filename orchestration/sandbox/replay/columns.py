"""Which column of a recorded export holds what: guessed from its header, or set by an option."""

import re
from collections.abc import Mapping, Sequence

from orchestration.errors import UsageError

GUESSES: dict[str, tuple[str, ...]] = {
    "date": ("date", "day", "date_start", "reporting_starts"),
    "spend": ("spend", "amount_spent", "cost", "ad_spend"),
    "impressions": ("impressions",),
    "clicks": ("clicks", "clicks_all"),
    "reach": ("reach",),
    "link_clicks": ("link_clicks", "inline_link_clicks"),
    "landing_page_views": ("landing_page_views", "landing_page_view"),
    "add_to_cart": ("add_to_cart", "adds_to_cart"),
    "purchases": ("purchases", "purchase", "website_purchases", "omni_purchase", "conversions"),
    "purchase_value": (
        "purchase_value",
        "purchases_value",
        "purchases_conversion_value",
        "purchase_conversion_value",
        "conversion_value",
        "conversions_value",
        "revenue",
    ),
    "leads": ("leads", "lead"),
    "campaign_id": ("campaign_id",),
    "campaign_name": ("campaign_name", "campaign"),
    "currency": ("currency", "account_currency"),
    "account_id": ("account_id", "ad_account_id", "facebook_account_id", "act_id"),
}
"""Names of columns by what they hold, the best guess first; an option can name any other."""

METRICS = (
    "spend",
    "impressions",
    "clicks",
    "reach",
    "link_clicks",
    "landing_page_views",
    "add_to_cart",
    "purchases",
    "purchase_value",
    "leads",
)


def column_positions(header: Sequence[str], named: Mapping[str, str]) -> dict[str, int]:
    """The position of each known column in the header.

    Raises:
        UsageError: an option names a column that is not there, or the file has no day or metric.
    """
    listed = ", ".join(header)
    for meaning, column in named.items():
        if meaning not in GUESSES:
            raise UsageError(f"--column {meaning}=... is unknown: use one of {', '.join(GUESSES)}.")
        if column not in header:
            raise UsageError(f"The file has no column {column!r}: it has {listed}.")
    plain = [_plain(name) for name in header]
    columns = {
        meaning: plain.index(name)
        for meaning, names in GUESSES.items()
        for name in reversed(names)
        if name in plain
    }
    columns |= {meaning: list(header).index(column) for meaning, column in named.items()}
    if "date" not in columns:
        raise UsageError(f"No column holds the day: name it with --column date=..., of {listed}.")
    if not any(metric in columns for metric in METRICS):
        raise UsageError(f"No column is a metric: name one with --column spend=..., of {listed}.")
    return columns


def _plain(name: str) -> str:
    """`Amount spent (EUR)` as `amount_spent`."""
    without_unit = re.sub(r"\s*\([^)]*\)", "", name.strip().lower())
    return re.sub(r"[^a-z0-9]+", "_", without_unit).strip("_")
