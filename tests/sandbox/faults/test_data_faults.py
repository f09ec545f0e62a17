"""Faults that spoil rows: what is lost, doubled or wrong, on which days and at which level."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import requests
from campaign_days import ask
from sandbox_support import spoil

from orchestration.sandbox.process import SandboxProcess

Rows = list[dict[str, Any]]


def levels(sandbox: SandboxProcess) -> tuple[Rows, Rows]:
    """The campaign rows and the account rows of the three days."""
    campaign, account = (ask(sandbox, level=level) for level in ("campaign", "account"))
    return campaign.json()["data"], account.json()["data"]


@pytest.mark.parametrize(
    ("kind", "gone"),
    [
        ("split", ("link_click", "purchase", "omni_purchase")),
        ("split_purchase", ("purchase", "omni_purchase", "offsite_conversion.fb_pixel_purchase")),
    ],
)
def test_split_conversions_are_known_to_the_account_only(
    sandbox: SandboxProcess, kind: str, gone: tuple[str, ...]
) -> None:
    before, total = levels(sandbox)
    spoil(sandbox, kind)
    after, same = levels(sandbox)
    types = {entry["action_type"] for row in after for entry in row.get("actions", ())}
    assert same == total
    assert len(after) == len(before)
    assert not types & set(gone)
    assert ("link_click" in types) == (kind == "split_purchase")


@pytest.mark.parametrize(
    ("kind", "left"), [("rows_dropped", lambda n: -(-n // 2)), ("empty_days", lambda n: 0)]
)
def test_lost_campaign_rows_leave_the_account_row_complete(
    sandbox: SandboxProcess, kind: str, left: Callable[[int], int]
) -> None:
    before, total = levels(sandbox)
    spoil(sandbox, kind, since="2026-11-11", until="2026-11-11")
    after, same = levels(sandbox)
    assert same == total
    for day in ("2026-11-10", "2026-11-11", "2026-11-12"):
        had, has = (sum(row["date_start"] == day for row in rows) for rows in (before, after))
        assert has == (left(had) if day == "2026-11-11" else had)


def test_holes_are_missing_at_every_level(sandbox: SandboxProcess) -> None:
    spoil(sandbox, "holes", since="2026-11-11", until="2026-11-11")
    for rows in levels(sandbox):
        assert {row["date_start"] for row in rows} == {"2026-11-10", "2026-11-12"}


def test_duplicated_rows_come_twice_across_pages_too(sandbox: SandboxProcess) -> None:
    before, _ = levels(sandbox)
    spoil(sandbox, "duplicated")
    page = ask(sandbox, level="campaign", limit=7).json()
    rows = list(page["data"])
    while "next" in page["paging"]:
        headers = {"Authorization": "Bearer t"}
        page = requests.get(page["paging"]["next"], headers=headers, timeout=20).json()
        rows += page["data"]
    assert rows == [row for row in before for _ in range(2)]


@pytest.mark.parametrize(
    ("kind", "spoiled"),
    [
        ("wrong_dates", lambda row: row["date_start"].startswith("2025-11-")),
        ("negative", lambda row: Decimal(row["spend"]) < 0),
        ("non_numeric", lambda row: row["spend"] == "n/a"),
        ("spend_without_impressions", lambda row: row["impressions"] == "0"),
        ("wrong_currency", lambda row: row["account_currency"] == "USD"),
    ],
)
def test_spoiled_rows_are_spoiled_on_the_days_of_the_fault_only(
    sandbox: SandboxProcess, kind: str, spoiled: Callable[[dict[str, Any]], bool]
) -> None:
    before, _ = levels(sandbox)
    spoil(sandbox, kind, since="2026-11-12")
    after, _ = levels(sandbox)
    for old, new in zip(before, after, strict=True):
        assert not spoiled(old)
        assert spoiled(new) == (old["date_start"] == "2026-11-12")


def test_totals_disagree_by_a_tenth(sandbox: SandboxProcess) -> None:
    before, (first, *_) = levels(sandbox)
    spoil(sandbox, "totals_disagree")
    after, (raised, *_) = levels(sandbox)
    assert after == before
    excess = Decimal(raised["spend"]) - Decimal(first["spend"]) * 11 / 10
    assert abs(excess) <= Decimal("0.005")
