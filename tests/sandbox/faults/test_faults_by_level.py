"""Faults in the data at each level: what is lost or wrong there, and what the account keeps."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sandbox_levels import FIELDS, period, rows
from sandbox_support import spoil, sums

from orchestration.sandbox.process import SandboxProcess

Spoiled = Callable[[dict[str, Any], dict[str, Any]], bool]


@pytest.mark.parametrize("level", ["campaign", "adset", "ad"])
@pytest.mark.parametrize("kind", ["split", "split_purchase", "rows_dropped", "empty_days"])
def test_what_the_parts_lose_the_account_keeps(
    sandbox: SandboxProcess, level: str, kind: str
) -> None:
    query = {"time_range": period("2026-11-20", "2026-11-20")}
    whole, parts = rows(sandbox, **query), rows(sandbox, level=level, **query)
    spoil(sandbox, kind)
    assert rows(sandbox, **query) == whole
    spoiled = rows(sandbox, level=level, **query)
    kept = {"rows_dropped": -(-len(parts) // 2), "empty_days": 0}.get(kind, len(parts))
    assert len(spoiled) == kept
    assert sums(spoiled).get("actions.purchase.value", 0) < sums(parts)["actions.purchase.value"]


@pytest.mark.parametrize(
    ("kind", "spoiled"),
    [
        ("spike", lambda old, new: Decimal(new["spend"]) == 10 * Decimal(old["spend"])),
        ("unknown_action_type", lambda old, new: "hologram" in json.dumps(new["actions"])),
        (
            "value_without_count",
            lambda old, new: (
                "action_values" not in new or "omni_purchase" not in json.dumps(new["actions"])
            ),
        ),
        ("no_currency", lambda old, new: "account_currency" not in new),
        ("extra_field", lambda old, new: new.keys() - old.keys() == {"unexpected"}),
        ("missing_field", lambda old, new: "impressions" not in new and "spend" in new),
        ("null_values", lambda old, new: new["spend"] is None),
        ("string_garbage", lambda old, new: "\x00" in new["campaign_name"]),
        (
            "more_clicks_than_impressions",
            lambda old, new: int(new["clicks"]) > int(new["impressions"]),
        ),
    ],
)
@pytest.mark.parametrize("level", ["campaign", "ad"])
def test_each_kind_of_wrong_row_is_wrong_on_its_days_only(
    sandbox: SandboxProcess, level: str, kind: str, spoiled: Spoiled
) -> None:
    query: dict[str, Any] = {
        "level": level,
        "time_increment": 1,
        "time_range": period("2026-11-20", "2026-11-21"),
        "fields": f"{FIELDS},account_currency,campaign_name",
    }
    before = [row for row in rows(sandbox, **query) if "actions" in row]
    spoil(sandbox, kind, since="2026-11-21")
    after = [row for row in rows(sandbox, **query) if "actions" in row]
    for old, new in zip(before, after, strict=True):
        assert spoiled(old, new) if old["date_start"] == "2026-11-21" else old == new


def test_frozen_days_repeat_the_first_of_them(sandbox: SandboxProcess) -> None:
    query: dict[str, Any] = {"time_increment": 1, "time_range": period("2026-11-17", "2026-11-20")}
    spoil(sandbox, "frozen", since="2026-11-18", until="2026-11-19")
    spend = [row["spend"] for row in rows(sandbox, **query)]
    assert spend[1] == spend[2]
    assert len(set(spend)) == 3
