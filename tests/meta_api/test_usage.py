"""The usage headers: percent of limits, minutes or seconds; any header may be missing."""

import json

import pytest

from orchestration.meta_api.throttling.usage import Usage, usage_of

CASE = {"type": "ads_insights", "call_count": 80, "total_cputime": 20, "total_time": 91}


def headers(**values: object) -> dict[str, str]:
    names = {
        "app": "X-App-Usage",
        "account": "X-Ad-Account-Usage",
        "business": "X-Business-Use-Case-Usage",
        "insights": "X-FB-Ads-Insights-Throttle",
    }
    return {names[name]: json.dumps(value) for name, value in values.items()}


def test_no_header_is_no_load() -> None:
    assert usage_of({}) == Usage(0.0, 0.0, 0.0)


def test_the_largest_share_of_each_limit_counts() -> None:
    usage = usage_of(
        headers(
            app={"call_count": 28, "total_time": 95, "total_cputime": 25},
            account={"acc_id_util_pct": 9.67},
            business={"1001": [CASE], "77": [{"type": "ads_management", "call_count": 99}]},
            insights={"app_id_util_pct": 40, "acc_id_util_pct": 60},
        )
    )
    assert usage == Usage(app_percent=95.0, account_percent=91.0, regain_seconds=0.0)


def test_lost_access_is_counted_in_minutes() -> None:
    cases = [CASE | {"estimated_time_to_regain_access": 3}, CASE]
    assert usage_of(headers(business={"1001": cases})).regain_seconds == 180.0


def of_case(use_case: str, minutes: int) -> dict[str, object]:
    return {"type": use_case, "call_count": 100, "estimated_time_to_regain_access": minutes}


def test_a_wait_counts_for_the_use_case_that_is_asked_alone() -> None:
    sent = headers(business={"77": [of_case("custom_audience", 60), of_case("ads_insights", 2)]})
    assert usage_of(sent, "act_1001").regain_seconds == 120.0
    assert usage_of(sent, "act_1001", "ads_management") == Usage()
    audiences = headers(business={"77": [of_case("custom_audience", 60)]})
    assert usage_of(audiences, "act_1001") == Usage()
    assert usage_of(audiences, "act_1001", "custom_audience").regain_seconds == 3600.0


def test_a_wait_of_another_account_is_none_where_the_own_one_is_named() -> None:
    sent = headers(business={"1001": [of_case("ads_insights", 0)], "1002": [CASE]})
    assert usage_of(sent, "act_1001") == Usage(account_percent=100.0)
    other = headers(business={"1001": [], "1002": [of_case("ads_insights", 9)]})
    assert usage_of(other, "act_1001") == Usage()


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 1e400, -5, "x", None, 10**400])
def test_a_time_that_is_none_is_no_wait(value: object) -> None:
    case = {"type": "ads_insights", "estimated_time_to_regain_access": value}
    assert usage_of(headers(business={"1": [case]})) == Usage()


@pytest.mark.parametrize(("percent", "seconds"), [(100, 120.0), (99.9, 0.0)])
def test_the_seconds_of_an_account_are_a_wait_only_once_it_is_used_up(
    percent: float, seconds: float
) -> None:
    account = {"acc_id_util_pct": percent, "reset_time_duration": 120}
    assert usage_of(headers(account=account)).regain_seconds == seconds


@pytest.mark.parametrize(
    "value",
    ["[]", "{", '"x"', "null", '{"1001": 5}', '{"1001": [7]}', '{"1001": [{"call_count": "x"}]}'],
)
def test_what_cannot_be_read_is_no_load(value: str) -> None:
    names = ("X-App-Usage", "X-Ad-Account-Usage", "X-Business-Use-Case-Usage")
    assert usage_of(dict.fromkeys((*names, "X-FB-Ads-Insights-Throttle"), value)) == Usage()
