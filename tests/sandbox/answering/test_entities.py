"""Campaigns, ad sets and ads as nodes and edges: fields, states, filters, what is put away."""

import json
from datetime import datetime
from typing import Any

import pytest
import requests

from orchestration.sandbox.process import SandboxProcess

EDGES = {"campaigns": "campaign", "adsets": "adset", "ads": "ad"}
PUT_AWAY = {"ARCHIVED", "DELETED"}
ALL_STATES = [
    "ACTIVE",
    "PAUSED",
    "DELETED",
    "PENDING_REVIEW",
    "DISAPPROVED",
    "PREAPPROVED",
    "PENDING_BILLING_INFO",
    "CAMPAIGN_PAUSED",
    "ARCHIVED",
    "ADSET_PAUSED",
    "IN_PROCESS",
    "WITH_ISSUES",
]
FIELDS = {
    "campaigns": "account_id,name,objective,status,effective_status,configured_status,daily_budget,"
    "lifetime_budget,budget_remaining,buying_type,bid_strategy,start_time,created_time,"
    "updated_time,special_ad_categories",
    "adsets": "name,account_id,campaign_id,status,effective_status,daily_budget,optimization_goal,"
    "billing_event,targeting,attribution_spec,start_time,created_time,updated_time",
    "ads": "name,account_id,campaign_id,adset_id,status,effective_status,creative,created_time,"
    "updated_time",
}


def get(sandbox: SandboxProcess, path: str, **params: Any) -> Any:
    query = {"access_token": "t", **params}
    return requests.get(f"{sandbox.url}/v26.0/{path}", params=query, timeout=20).json()


def filtering(field: str, operator: str, value: Any) -> str:
    return json.dumps([{"field": field, "operator": operator, "value": value}])


def every(sandbox: SandboxProcess, edge: str, account: str = "act_1001") -> list[dict[str, Any]]:
    """All objects of an edge, whatever their state."""
    states = filtering(f"{EDGES[edge]}.effective_status", "IN", ALL_STATES)
    found: list[dict[str, Any]] = get(
        sandbox, f"{account}/{edge}", limit=500, filtering=states, fields=FIELDS[edge]
    )["data"]
    return found


@pytest.mark.parametrize("edge", EDGES)
def test_an_edge_has_only_ids_until_fields_are_asked_for(
    sandbox: SandboxProcess, edge: str
) -> None:
    page = get(sandbox, f"act_1001/{edge}", summary="true", limit=3)
    assert all(row.keys() == {"id"} for row in page["data"])
    assert page["summary"]["total_count"] > len(page["data"]) == 3
    for row in every(sandbox, edge):
        assert row.keys() == {"id", *FIELDS[edge].split(",")}


@pytest.mark.parametrize("edge", EDGES)
def test_without_a_filter_for_states_what_is_put_away_is_left_out(
    sandbox: SandboxProcess, edge: str
) -> None:
    found = get(sandbox, f"act_1001/{edge}", limit=500, fields="effective_status")["data"]
    everything = every(sandbox, edge)
    assert not {row["effective_status"] for row in found} & PUT_AWAY
    kept = [row["id"] for row in everything if row["effective_status"] not in PUT_AWAY]
    assert [row["id"] for row in found] == kept
    assert len(kept) < len(everything)
    archived = get(sandbox, f"act_1001/{edge}", limit=500, effective_status='["ARCHIVED"]')["data"]
    expected = [row["id"] for row in everything if row["effective_status"] == "ARCHIVED"]
    assert [row["id"] for row in archived] == expected != []


def test_a_deleted_campaign_is_missing_below_the_account_and_not_from_its_total(
    sandbox: SandboxProcess,
) -> None:
    campaigns = every(sandbox, "campaigns")
    deleted = {row["id"] for row in campaigns if row["effective_status"] == "DELETED"}
    query = {"date_preset": "maximum", "fields": "campaign_id,spend", "limit": 500}
    (whole,) = get(sandbox, "act_1001/insights", **query)["data"]
    shown = get(sandbox, "act_1001/insights", level="campaign", **query)["data"]
    assert not deleted & {row["campaign_id"] for row in shown}
    assert sum(float(row["spend"]) for row in shown) < float(whole["spend"])
    delivered = [get(sandbox, f"{node}/insights", **query)["data"] for node in deleted]
    assert any(float(rows[0]["spend"]) > 0 for rows in delivered if rows)
    states = filtering("campaign.effective_status", "IN", ALL_STATES)
    everything = get(sandbox, "act_1001/insights", level="campaign", filtering=states, **query)
    assert deleted & {row["campaign_id"] for row in everything["data"]}
    node = deleted.pop()
    assert get(sandbox, node, fields="effective_status")["effective_status"] == "DELETED"


def test_several_accounts_have_lost_a_campaign_that_delivered(sandbox: SandboxProcess) -> None:
    accounts = [f"act_{number}" for number in range(1001, 1017)]
    assert (
        sum(
            any(row["effective_status"] == "DELETED" for row in every(sandbox, "campaigns", name))
            for name in accounts
        )
        >= 5
    )


def test_parts_are_never_better_off_than_what_they_are_part_of(sandbox: SandboxProcess) -> None:
    campaigns = {row["id"]: row["effective_status"] for row in every(sandbox, "campaigns")}
    adsets = {row["id"]: row for row in every(sandbox, "adsets")}
    for adset in adsets.values():
        above = campaigns[adset["campaign_id"]]
        if above == "PAUSED":
            assert adset["effective_status"] in {"CAMPAIGN_PAUSED", "PAUSED", *PUT_AWAY}
        if above in PUT_AWAY:
            assert adset["effective_status"] in PUT_AWAY
    ads = every(sandbox, "ads")
    for ad in ads:
        assert ad["campaign_id"] == adsets[ad["adset_id"]]["campaign_id"]
        above = adsets[ad["adset_id"]]["effective_status"]
        if above in ("PAUSED", "CAMPAIGN_PAUSED"):
            assert ad["effective_status"] != "ACTIVE"
    assert {"ACTIVE", "ADSET_PAUSED", "CAMPAIGN_PAUSED"} <= {ad["effective_status"] for ad in ads}


def test_a_node_is_found_by_its_id_with_what_it_is_part_of(sandbox: SandboxProcess) -> None:
    ad = get(sandbox, "act_1001/ads", fields="id,adset{name,campaign{id}},campaign{id,name}")
    first = ad["data"][0]
    assert first["adset"].keys() == {"id", "name", "campaign"}
    assert first["adset"]["campaign"] == {"id": first["campaign"]["id"]}
    node = get(sandbox, f"{first['id']}/", fields="name,campaign_id,creative")
    assert node["campaign_id"] == first["campaign"]["id"]
    assert node["creative"]["id"].isdecimal()
    assert get(sandbox, first["id"]) == {"id": first["id"]}
    assert get(sandbox, "act_1001") == {"account_id": "1001", "id": "act_1001"}


def test_edges_of_a_campaign_and_an_ad_set_hold_their_own(sandbox: SandboxProcess) -> None:
    ads = get(sandbox, "act_1001/ads", limit=500, fields="adset_id,campaign_id")["data"]
    campaign, adset = ads[0]["campaign_id"], ads[0]["adset_id"]
    for node, name in ((campaign, "campaign_id"), (adset, "adset_id")):
        own = get(sandbox, f"{node}/ads", limit=500)["data"]
        assert [row["id"] for row in own] == [row["id"] for row in ads if row[name] == node]
    for path in (f"{campaign}/campaigns", f"{ads[0]['id']}/ads", "act_1001/creatives"):
        assert get(sandbox, path)["error"]["code"] == 2500


def test_objects_are_filtered_by_id_and_by_when_they_changed(sandbox: SandboxProcess) -> None:
    campaigns = get(sandbox, "act_1001/campaigns", limit=500, fields="updated_time")["data"]
    chosen = campaigns[2]["id"]
    for operator, value in (("IN", [chosen]), ("EQUAL", chosen)):
        query = {"filtering": filtering("campaign.id", operator, value), "limit": 500}
        assert [row["id"] for row in get(sandbox, "act_1001/campaigns", **query)["data"]] == [
            chosen
        ]
        adsets = get(sandbox, "act_1001/adsets", fields="campaign_id", **query)["data"]
        assert {row["campaign_id"] for row in adsets} == {chosen}
    bound = sorted(datetime.strptime(c["updated_time"], "%Y-%m-%dT%H:%M:%S%z") for c in campaigns)[
        len(campaigns) // 2
    ]
    later = filtering("campaign.updated_time", "GREATER_THAN", int(bound.timestamp()))
    found = get(sandbox, "act_1001/campaigns", filtering=later, limit=500, fields="updated_time")
    times = [datetime.strptime(c["updated_time"], "%Y-%m-%dT%H:%M:%S%z") for c in found["data"]]
    assert times
    assert all(time > bound for time in times)
    assert len(times) < len(campaigns)


def test_delivery_info_is_accepted_and_the_rest_is_refused(sandbox: SandboxProcess) -> None:
    delivery = filtering("ad.delivery_info", "IN", ["active", "inactive"])
    plain = get(sandbox, "act_1001/ads", limit=500)
    assert get(sandbox, "act_1001/ads", limit=500, filtering=delivery)["data"] == plain["data"]
    for field, operator in (
        ("ad.shoe_size", "IN"),
        ("ad.id", "CONTAIN"),
        ("page.id", "IN"),
        ("ad.impressions", "GREATER_THAN"),
    ):
        wrong = filtering(field, operator, ["1"])
        assert get(sandbox, "act_1001/ads", filtering=wrong)["error"]["code"] == 100


@pytest.mark.parametrize("fields", ["shoe_size", "campaign{shoe_size}", "campaign{id", "id}"])
def test_fields_that_make_no_sense_are_refused(sandbox: SandboxProcess, fields: str) -> None:
    assert get(sandbox, "act_1001/ads", fields=fields)["error"]["code"] == 100


def test_an_account_tells_about_itself(sandbox: SandboxProcess) -> None:
    fields = "account_status,business_name,min_daily_budget,spend_cap,age,amount_spent,currency"
    account = get(sandbox, "act_1001", fields=fields)
    assert account.keys() == {"id", *fields.split(",")}
    assert account["account_status"] == 1
    assert account["amount_spent"].isdecimal()


def test_delivery_info_parts_the_campaigns_without_overlap(sandbox: SandboxProcess) -> None:
    """Some connectors ask for a few of these words at a time and add the answers up."""
    found = []
    for words in (["active", "archived", "completed"], ["deleted", "limited"], ["inactive"]):
        filtering = json.dumps(
            [{"field": "campaign.delivery_info", "operator": "IN", "value": words}]
        )
        url = f"{sandbox.url}/v26.0/act_1001/campaigns"
        params: dict[str, Any] = {"filtering": filtering, "limit": 100, "access_token": "t"}
        found += [row["id"] for row in requests.get(url, params=params, timeout=20).json()["data"]]
    assert len(found) == len(set(found)) == 25


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("act_1001", "business_city"),
        ("act_1001/campaigns", "boosted_object_id"),
        ("act_1001/adsets", "bid_constraints"),
        ("act_1001/ads", "tracking_specs"),
    ],
)
def test_a_field_that_meta_knows_and_no_demo_object_has_is_absent(
    sandbox: SandboxProcess, path: str, field: str
) -> None:
    url = f"{sandbox.url}/v26.0/{path}"
    query = {"fields": f"id,{field}", "access_token": "t"}
    reply = requests.get(url, params=query, timeout=20).json()
    first = reply["data"][0] if "data" in reply else reply
    assert set(first) == {"id"}


def test_a_user_without_a_business_has_no_business_users(sandbox: SandboxProcess) -> None:
    url = f"{sandbox.url}/v26.0/me/business_users?access_token=t"
    assert requests.get(url, timeout=20).json() == {"data": []}
