"""Meta's own Python SDK talks to the sandbox as it does to Meta: reads, reports, pages, batches."""

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from sandbox_support import NOW

from orchestration.sandbox.process import SandboxProcess

with warnings.catch_warnings():
    # The SDK imports what Python is about to drop; nothing of it concerns the calls.
    warnings.simplefilter("ignore", DeprecationWarning)
    from facebook_business.adobjects.adaccount import AdAccount
    from facebook_business.adobjects.adreportrun import AdReportRun
    from facebook_business.adobjects.campaign import Campaign
    from facebook_business.adobjects.user import User
    from facebook_business.api import FacebookAdsApi
    from facebook_business.exceptions import FacebookRequestError
    from facebook_business.session import FacebookSession

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:facebook_business")

SECRET = "s3cr3t"
DAYS = {"since": "2026-11-10", "until": "2026-11-12"}
QUERY = {"level": "campaign", "time_range": DAYS, "time_increment": 1}
FIELDS = ["campaign_id", "spend", "impressions", "actions"]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess(now=NOW, app_secret=SECRET) as process:
        yield process


@pytest.fixture
def api(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> FacebookAdsApi:
    monkeypatch.setattr(FacebookSession, "GRAPH", sandbox.url)
    return FacebookAdsApi.init(access_token="token", app_secret=SECRET)


@pytest.fixture
def account(api: FacebookAdsApi) -> AdAccount:
    return AdAccount("act_1001", api=api)


def exported(rows: Any) -> list[dict[str, Any]]:
    return [row.export_all_data() for row in rows]


def finished(run: AdReportRun) -> list[tuple[str, int]]:
    """Poll to the end; the states met on the way."""
    met: list[tuple[str, int]] = []
    while not met or met[-1][0] != "Job Completed":
        run = run.api_get()
        met.append((run["async_status"], run["async_percent_completion"]))
    return met


def test_an_account_has_the_fields_asked_for(account: AdAccount) -> None:
    read = account.api_get(fields=["name", "currency", "timezone_name"])
    assert (read["name"], read["currency"]) == ("Acme Outdoor", "EUR")
    assert read["timezone_name"] == "Europe/Berlin"


def test_the_user_has_ad_accounts_with_both_default_fields(api: FacebookAdsApi) -> None:
    accounts = User("me", api=api).get_ad_accounts()
    found = {entry["id"]: entry["account_id"] for entry in accounts}
    assert len(found) == 16
    assert found["act_1001"] == "1001"


@pytest.mark.parametrize("edge", ["get_campaigns", "get_ad_sets", "get_ads"])
def test_an_edge_counts_what_its_cursor_walks_through(account: AdAccount, edge: str) -> None:
    walked = getattr(account, edge)(fields=["name"], params={"limit": 7})
    names = [entry["name"] for entry in walked]
    assert walked.total() == len(names) > 7


def test_a_cursor_pages_through_all_rows(account: AdAccount) -> None:
    whole = exported(account.get_insights(fields=FIELDS, params={**QUERY, "limit": 500}))
    parts = exported(account.get_insights(fields=FIELDS, params={**QUERY, "limit": 7}))
    assert parts == whole
    assert len(whole) > 25


def test_a_report_run_ends_with_the_rows_of_a_synchronous_read(account: AdAccount) -> None:
    whole = exported(account.get_insights(fields=FIELDS, params={**QUERY, "limit": 500}))
    run = account.get_insights(fields=FIELDS, params=QUERY, is_async=True)
    assert finished(run)[-3:] == [
        ("Job Running", 45),
        ("Job Running", 100),
        ("Job Completed", 100),
    ]
    assert exported(run.get_insights(params={"limit": 9})) == whole


def test_a_report_run_of_a_campaign_holds_its_rows_only(
    account: AdAccount, api: FacebookAdsApi
) -> None:
    rows = account.get_insights(fields=FIELDS, params={**QUERY, "limit": 500})
    chosen = rows[0]["campaign_id"]
    run = Campaign(chosen, api=api).get_insights(fields=FIELDS, params=QUERY, is_async=True)
    finished(run)
    assert {row["campaign_id"] for row in run.get_insights()} == {chosen}


def test_a_batch_tells_success_and_failure_apart(api: FacebookAdsApi, account: AdAccount) -> None:
    good: list[Any] = []
    bad: list[Any] = []
    batch = api.new_batch()
    for one in (account, AdAccount("act_9", api=api)):
        one.api_get(batch=batch, success=good.append, failure=bad.append)
    batch.execute()
    assert [reply.json()["id"] for reply in good] == ["act_1001"]
    assert [reply.error().api_error_subcode() for reply in bad] == [33]


def test_report_runs_are_polled_in_a_batch(api: FacebookAdsApi, account: AdAccount) -> None:
    runs = [account.get_insights(params=QUERY, is_async=True) for _ in range(3)]
    states: list[Any] = []
    batch = api.new_batch()
    for run in runs:
        run.api_get(batch=batch, success=lambda reply: states.append(reply.json()["async_status"]))
    batch.execute()
    assert states == ["Job Running"] * 3


def test_a_call_without_the_proof_is_refused(sandbox: SandboxProcess, api: FacebookAdsApi) -> None:
    del api
    bare = FacebookAdsApi(FacebookSession(access_token="token"))
    with pytest.raises(FacebookRequestError, match="appsecret_proof") as refused:
        AdAccount("act_1001", api=bare).api_get()
    assert refused.value.api_error_code() == 100


def test_an_error_reaches_the_caller_with_code_and_subcode(api: FacebookAdsApi) -> None:
    with pytest.raises(FacebookRequestError) as refused:
        AdAccount("act_9", api=api).api_get()
    assert (refused.value.api_error_code(), refused.value.api_error_subcode()) == (100, 33)
    assert refused.value.http_status() == 400
