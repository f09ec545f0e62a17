"""An export as Ads Manager would make it of the sandbox's own days: German, with a total."""

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import requests
from export_files import Cell, csv_bytes, grouped, header_in

from orchestration.sandbox.process import SandboxProcess

FIELDS = (
    "campaign_id,campaign_name,spend,impressions,reach,clicks,inline_link_clicks,actions,"
    "action_values,account_currency"
)
MEANINGS = (
    *("date", "range_start", "range_end", "account_id", "campaign_id", "campaign_name", "spend"),
    *("impressions", "reach", "clicks", "link_clicks", "purchase_value", "purchases", "leads"),
    *("landing_page_views", "content_views", "add_to_cart", "checkouts", "registrations"),
)
ACTIONS = (
    *("omni_purchase", "lead", "landing_page_view", "omni_view_content", "omni_add_to_cart"),
    *("omni_initiated_checkout", "omni_complete_registration"),
)
FIRST_NUMBER = MEANINGS.index("spend")


def rows_of_sandbox(
    sandbox: SandboxProcess, account_id: str, since: date, until: date
) -> list[dict[str, Any]]:
    """The API's rows of each campaign and day."""
    query: dict[str, Any] = {
        "access_token": "t",
        "level": "campaign",
        "fields": FIELDS,
        "time_increment": 1,
        "limit": 5000,
        "time_range": json.dumps({"since": str(since), "until": str(until)}),
    }
    reply = requests.get(f"{sandbox.url}/v26.0/{account_id}/insights", query, timeout=60).json()
    assert "next" not in reply["paging"]
    rows: list[dict[str, Any]] = reply["data"]
    return rows


def numbers(row: dict[str, Any]) -> list[Decimal]:
    """The numbers of an API row in the order of `MEANINGS`."""
    counts = {each["action_type"]: each["value"] for each in row.get("actions", ())}
    values = {each["action_type"]: each["value"] for each in row.get("action_values", ())}
    written = [
        *(row.get(name, 0) for name in ("spend", "impressions", "reach", "clicks")),
        *(row.get("inline_link_clicks", 0), values.get("omni_purchase", 0)),
        *(counts.get(name, 0) for name in ACTIONS),
    ]
    return [Decimal(each) for each in written]


def export_of(
    rows: Sequence[dict[str, Any]], account_id: str, currency: str, share: Decimal = Decimal(1)
) -> bytes:
    """The rows as an export, with its total in the first line; `share` of the spend is written."""
    lines: list[list[Cell]] = []
    sums = [Decimal(0)] * (len(MEANINGS) - FIRST_NUMBER)
    for row in rows:
        found = numbers(row)
        found[0] = (found[0] * share).quantize(Decimal("0.01"))
        sums = [total + each for total, each in zip(sums, found, strict=True)]
        day = row["date_start"]
        names = [day, day, day, account_id, row["campaign_id"], row["campaign_name"]]
        # Ads Manager leaves a count of none empty, but not what was spent or shown.
        shown = [grouped(each, ".", ",") for each in found[:2]]
        lines.append([*names, *shown, *map(_written, found[2:])])
    span = [min(row["date_start"] for row in rows), max(row["date_start"] for row in rows)]
    total: list[Cell] = ["", *span, "", "", "", *map(_written, sums)]
    # People on several days are counted once.
    total[MEANINGS.index("reach")] = "1"
    header: list[Cell] = [*header_in("de", MEANINGS, currency)]
    return csv_bytes([header, total, *lines], "utf-8-sig", ";")


def _written(number: Decimal) -> str:
    return grouped(number, ".", ",") if number else ""
