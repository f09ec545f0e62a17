"""The client of the tests of files, and exports of it as Ads Manager would write them."""

import csv
import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from io import StringIO
from typing import Any

from databases import Warehouse
from export_files import csv_bytes, written_to

CLIENT, STEADY, DELETED = "acme", "11", "12"
HOSTILE = '=HYPERLINK("http://x")'
FIRST, LAST = date(2026, 11, 1), date(2026, 11, 7)
RESTATED, REFUSED, OWED = date(2026, 11, 3), date(2026, 11, 8), date(2026, 11, 9)
MONTH = ("2026-11-01", "2026-11-30")
COLUMNS = {
    "start": "Reporting starts",
    "end": "Reporting ends",
    "campaign_id": "Campaign ID",
    "campaign_name": "Campaign name",
    "spend": "Amount spent (EUR)",
    "impressions": "Impressions",
    "clicks": "Clicks (all)",
    "link_clicks": "Link clicks",
    "purchases": "Purchases",
    "purchase_value": "Purchases conversion value",
    "leads": "Leads",
    "add_to_cart": "Adds to cart",
}
DAILY = [name for name in COLUMNS if name not in ("start", "end", "add_to_cart")]
Exported = list[dict[str, Any]]


def sold(number: int) -> dict[str, Any]:
    """So many purchases, of which one is not within a week of a click; and two adds to cart."""
    counted = {"value": number, "7d_click": number - 1}
    carts = {"omni_add_to_cart": 2, "add_to_cart": 9}
    return {"actions": {"omni_purchase": counted, **carts}, "values": {"omni_purchase": number}}


def exported(warehouse: Warehouse) -> Exported:
    """The client's rows of campaigns and days, as `meta-ads export` gives them."""
    done = warehouse.run("export", "daily_campaign_performance", "--client", CLIENT)
    assert done.returncode == 0, done.stderr
    return [
        {"start": row["date_day"], "end": row["date_day"], **{name: row[name] for name in DAILY}}
        for row in csv.DictReader(StringIO(done.stdout))
    ]


def row_of(rows: Exported, campaign_id: str, day: date) -> dict[str, Any]:
    """One of the rows."""
    (row,) = [r for r in rows if (r["campaign_id"], r["start"]) == (campaign_id, str(day))]
    return row


def added(row: dict[str, Any], **amounts: Any) -> None:
    """Change figures of a row by these amounts."""
    for name, amount in amounts.items():
        row[name] = str(Decimal(row[name]) + Decimal(amount))


def reconciled(
    warehouse: Warehouse, rows: Exported, *options: str, without: Sequence[str] = (), code: int = 1
) -> Any:
    """What `meta-ads reconcile` says of an Ads Manager file with these rows."""
    names = [name for name in COLUMNS if name in rows[0] and name not in without]
    lines = [[COLUMNS[name] for name in names], *([row[name] for name in names] for row in rows)]
    file = written_to(warehouse.home, csv_bytes(lines), "report.csv")
    done = warehouse.run("reconcile", str(file), "--json", *options)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return json.loads(done.stdout) if done.stdout else done.stderr


def causes(found: Any) -> list[tuple[str, str, str, str]]:
    """Day, campaign, figure and cause of each difference."""
    return [
        (each["since"], each["campaign_id"], each["metric"], each["cause"])
        for each in found["differences"]
    ]
