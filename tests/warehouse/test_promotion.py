"""From a landed batch to staging: every digit and name arrives, only what changed is written."""

from decimal import Decimal
from typing import Any

import pytest
from databases import Warehouse
from promotions import DAY, LEAD, NEXT, PURCHASE, campaigns, collected, row, staged


def test_every_digit_arrives_and_what_is_absent_is_none(client: Warehouse) -> None:
    spend = "123456789012345678.12345678901234567890"
    collected(client, campaigns(row(spend=spend, reach="7", clicks="3"), row(NEXT, spend="0.10")))
    columns = "date_day, spend::text, reach, clicks, link_clicks"
    expected = [(DAY, spend, 7, 3, 0), (NEXT, "0.10", None, 0, 0)]
    assert staged(client, columns) == expected
    assert staged(client, columns, "control_totals") == expected


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Zimní výprodej 🎿", "Zimní výprodej 🎿"),
        ('tab\tline\nquote"back\\slash', 'tab\tline\nquote"back\\slash'),
        ("a\0b", "a\ufffdb"),
        ("\\u0000 \\\\u0000", "\\u0000 \\\\u0000"),
        ("\\\0", "\\\ufffd"),
        (None, None),
    ],
)
def test_a_name_arrives_as_it_is_but_for_what_no_database_holds(
    client: Warehouse, sent: str | None, kept: str | None
) -> None:
    rows = campaigns(row())
    rows["campaign"][0]["campaign_name"] = sent
    collected(client, rows)
    assert staged(client, "date_day, campaign_name") == [(DAY, kept)]


@pytest.mark.parametrize("nothing", [{"actions": []}, {"actions": None}, {"actions": ...}])
def test_a_row_without_actions_has_none_in_staging(
    client: Warehouse, nothing: dict[str, Any]
) -> None:
    plain = {name: value for name, value in (row() | nothing).items() if value is not ...}
    assert collected(client, campaigns(plain, row(NEXT))).changed == 2
    assert {day for day, *_ in staged(client, "date_day, level", "conversions")} == {NEXT}


def test_values_without_counts_are_kept(client: Warehouse) -> None:
    only = {"actions": None, "action_values": [PURCHASE]}
    collected(client, campaigns(row() | only))
    assert staged(client, "level, actions, action_values", "conversions") == [
        ("account", [], [PURCHASE]),
        ("campaign", [], [PURCHASE]),
    ]


def test_objects_are_told_apart_by_the_id_of_their_level(client: Warehouse) -> None:
    rows = campaigns(row())
    below: dict[str, Any] = {"campaign_id": "11", "adset_id": "21"}
    rows["adset"] = [row(**below)]
    rows["ad"] = [row(**below, ad_id="31", ad_name="Ad")]
    collected(client, rows)
    columns = "level, entity_id, campaign_id, ad_set_id, ad_id, ad_name"
    assert staged(client, columns) == [
        ("ad", "31", "11", "21", "31", "Ad"),
        ("adset", "21", "11", "21", None, None),
        ("campaign", "11", "11", None, None, None),
    ]
    assert staged(client, "level, entity_id", "conversions") == [
        ("account", "1"),
        ("ad", "31"),
        ("adset", "21"),
        ("campaign", "11"),
    ]


def test_the_same_contents_in_another_order_change_nothing(client: Warehouse) -> None:
    first: dict[str, Any] = {"campaign_id": "11"}
    second: dict[str, Any] = {"campaign_id": "12"}
    rows = campaigns(row())
    rows["account"][0] |= {"spend": "21.00", "impressions": "2000", "actions": []}
    rows["campaign"] = [row(**first), row(**second)]
    collected(client, rows)
    before = staged(client, "entity_id, batch_id")
    reversed_keys = [dict(reversed(entry.items())) for entry in (PURCHASE, LEAD)]
    rows["campaign"] = [
        dict(reversed(one.items())) | {"actions": reversed_keys, "clicks": "0"}
        for one in (row(**second), row(**first))
    ]
    assert collected(client, rows).changed == 0
    assert staged(client, "entity_id, batch_id") == before


@pytest.mark.parametrize(
    "change",
    [
        {"spend": "10.51"},
        {"campaign_name": "New"},
        {"reach": "1"},
        {"actions": [LEAD]},
        {"actions": [LEAD, PURCHASE | {"1d_click": "2"}]},
        {"action_values": [PURCHASE]},
    ],
)
def test_whatever_changes_is_written_for_its_day_alone(
    client: Warehouse, change: dict[str, Any]
) -> None:
    collected(client, campaigns(row(), row(NEXT)))
    before = dict(staged(client, "date_day, batch_id"))
    assert collected(client, campaigns(row(**change), row(NEXT))).changed == 1
    after = dict(staged(client, "date_day, batch_id"))
    assert after[DAY] > before[DAY]
    assert after[NEXT] == before[NEXT]
    assert client.value(
        "select max(spend) from staging.insights where date_day = %s", [DAY]
    ) == Decimal(change.get("spend", "10.50"))


def test_rows_that_vanish_on_a_re_read_leave_with_their_day(client: Warehouse) -> None:
    collected(client, campaigns(row(), row(NEXT)))
    assert collected(client, campaigns(row(NEXT))).changed == 1
    for table in ("insights", "control_totals", "conversions"):
        assert {day for day, *_ in staged(client, "date_day, 1", table)} == {NEXT}
