"""The client under each fault: which rows or which error, in how many calls and seconds."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import requests
from client_support import (
    ACCOUNT,
    PROOF,
    TOKEN,
    UNTIL,
    Rows,
    faulty,
    honest,
    in_order,
    probe,
)
from pydantic import SecretStr
from sandbox_support import spoil

from orchestration.meta_api import insights
from orchestration.meta_api.client import InsightsClient
from orchestration.meta_api.errors import (
    AccountRefusedError,
    BadRequestError,
    BudgetExhaustedError,
    MetaApiError,
    PagingError,
    PermissionDeniedError,
    ReportFailedError,
    TokenDeadError,
    TransientError,
    VersionRetiredError,
)
from orchestration.meta_api.throttling.traffic import Traffic
from orchestration.sandbox.process import SandboxProcess

TRANSIENT = [
    "http_500",
    "http_503",
    "html_502",
    "html_504",
    "truncated",
    "reset",
    "empty_body",
    "error_200",
    "no_data",
    "success_false",
    "text_200",
    "json_array",
    "hang_after_half",
    "unknown_error",
    "service_unavailable",
    "transient_flag",
    "summary_spurious",
    "intermittent_104",
]


@pytest.fixture(autouse=True)
def no_secret_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Under every fault neither the token nor its proof is logged."""
    caplog.set_level(logging.DEBUG, logger="orchestration")
    yield
    assert TOKEN not in caplog.text
    assert PROOF not in caplog.text


@pytest.fixture(scope="module")
def truth(running: SandboxProcess) -> Rows:
    rows = honest(running)
    assert len(rows) > 30
    return rows


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes several pages of few rows."""
    monkeypatch.setattr(insights, "PAGE_ROWS", 12)


@pytest.mark.parametrize("kind", TRANSIENT)
def test_a_fault_that_passes_costs_one_more_call_and_two_seconds(
    sandbox: SandboxProcess, truth: Rows, kind: str
) -> None:
    probed = probe(sandbox)
    with faulty(sandbox, kind, times=1):
        assert probed.read() == truth
    assert (probed.client.calls, probed.waited) == (2, 2.0)


@pytest.mark.parametrize("kind", TRANSIENT)
def test_a_fault_that_stays_ends_after_four_attempts_with_all_of_them(
    sandbox: SandboxProcess, kind: str
) -> None:
    probed = probe(sandbox)
    with faulty(sandbox, kind), pytest.raises(TransientError) as raised:
        probed.read()
    assert (probed.client.calls, probed.time.waits) == (4, [2.0, 4.0, 8.0])
    assert [attempt.error for attempt in raised.value.attempts] == [str(raised.value)] * 4
    times = [attempt.at for attempt in raised.value.attempts]
    assert times == sorted(times)


@pytest.mark.parametrize("kind", ["lone_surrogate", "cut_emoji", "foreign_bytes", "raw_controls"])
def test_names_that_no_parser_takes_cost_no_call_and_no_number(
    sandbox: SandboxProcess, truth: Rows, kind: str
) -> None:
    probed = probe(sandbox)
    with faulty(sandbox, kind):
        rows = probed.read()
    assert probed.client.calls == 1
    assert all("\ufffd" in row["campaign_name"] for row in rows)
    names = {row["campaign_id"]: row["campaign_name"] for row in truth}
    assert [row | {"campaign_name": names[row["campaign_id"]]} for row in rows] == truth


@pytest.mark.parametrize("kind", ["dribble", "dribble_headers"])
def test_an_answer_that_trickles_in_is_cut_off(
    sandbox: SandboxProcess, truth: Rows, kind: str
) -> None:
    probed = probe(sandbox, call_seconds=0.7)
    with faulty(sandbox, kind, times=1, seconds=0.1):
        assert probed.read() == truth
    assert (probed.client.calls, probed.waited) == (2, 2.0)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("permission", PermissionDeniedError),
        ("missing_permission", PermissionDeniedError),
        ("policy_block", PermissionDeniedError),
        ("app_blocked", PermissionDeniedError),
        ("unknown_path", BadRequestError),
        ("object_missing", BadRequestError),
        ("bad_request", BadRequestError),
    ],
)
def test_what_no_repetition_mends_is_asked_once(
    sandbox: SandboxProcess, kind: str, error: type[MetaApiError]
) -> None:
    probed = probe(sandbox)
    with faulty(sandbox, kind), pytest.raises(error) as raised:
        probed.read()
    assert (probed.client.calls, probed.waited, len(raised.value.attempts)) == (1, 0.0, 1)
    assert probed.read()


@pytest.mark.parametrize(
    ("kind", "error", "calls"),
    [
        ("token_dead", TokenDeadError, 2),
        ("token_invalid", TokenDeadError, 2),
        ("token_checkpoint", TokenDeadError, 2),
        ("version_retired", VersionRetiredError, 1),
    ],
)
def test_a_dead_token_or_version_stops_every_account_without_another_call(
    sandbox: SandboxProcess, kind: str, error: type[MetaApiError], calls: int
) -> None:
    probed = probe(sandbox)
    with faulty(sandbox, kind, times=calls), pytest.raises(error):
        probed.read()
    for account in (ACCOUNT, "act_1002"):
        with pytest.raises(error, match="not asked"):
            probed.read(account=account)
    assert probed.client.calls == calls


def test_a_dead_token_that_cannot_list_accounts_needs_no_second_proof(
    sandbox: SandboxProcess,
) -> None:
    probed = probe(sandbox)
    with faulty(sandbox, "token_dead", times=1), pytest.raises(TokenDeadError):
        list(probed.client.accounts())
    with pytest.raises(TokenDeadError, match="not asked"):
        probed.read()
    assert probed.client.calls == 1


def test_an_account_that_is_refused_like_a_token_is_refused_alone(
    sandbox: SandboxProcess, truth: Rows
) -> None:
    probed = probe(sandbox)
    with faulty(sandbox, "token_dead", account="act_1003"):
        with pytest.raises(AccountRefusedError) as raised:
            probed.read(account="act_1003")
        assert probed.client.calls == 2
        assert probed.read() == truth
    told = str(raised.value)
    assert "only act_1003 is refused" in told
    assert "system user access" in told
    assert "190/463" in told
    assert (raised.value.code, raised.value.subcode) == (190, 463)
    assert len(raised.value.attempts) == 1
    assert probed.waited == 0.0


def test_a_minute_long_one_answer_about_the_token_serves_all_accounts_that_are_refused(
    sandbox: SandboxProcess, truth: Rows
) -> None:
    probed = probe(sandbox)
    for account in ("act_1003", "act_1004"):
        spoil(sandbox, "token_dead", account=account)
    for account in ("act_1003", "act_1004", "act_1003"):
        with pytest.raises(AccountRefusedError, match=account):
            probed.read(account=account)
    assert probed.client.calls == 4
    probed.time.now += 60
    with faulty(sandbox, "token_dead"), pytest.raises(TokenDeadError):
        probed.read()
    assert probed.client.calls == 6


def test_a_token_of_which_nothing_can_be_heard_is_not_held_to_be_dead(
    sandbox: SandboxProcess, truth: Rows
) -> None:
    probed = probe(sandbox)
    spoil(sandbox, "token_dead", account="act_1003")
    with faulty(sandbox, "http_500", path="me"), pytest.raises(AccountRefusedError):
        probed.read(account="act_1003")
    assert probed.client.calls == 5
    assert probed.read() == truth


def test_threads_that_meet_a_refusal_at_once_ask_once_about_the_token(
    sandbox: SandboxProcess,
) -> None:
    traffic = Traffic(concurrency=8)
    clients = [
        InsightsClient(sandbox.url, "v26.0", SecretStr(TOKEN), traffic=traffic) for _ in range(8)
    ]

    def refused(client: InsightsClient) -> str:
        with pytest.raises(MetaApiError) as raised:
            client.account("act_1003")
        return type(raised.value).__name__

    spoil(sandbox, "token_dead", account="act_1003")
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(refused, clients)) == {"AccountRefusedError"}
    assert sum(client.calls for client in clients) == 9


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("token_dead", "without an expiry"),
        ("token_invalid", "password"),
        ("token_checkpoint", "log in at facebook.com"),
        ("app_blocked", "the app is blocked"),
        ("policy_block", "Business Support Home"),
        ("unknown_path", "the token is not to blame"),
    ],
)
def test_each_kind_of_refusal_names_its_own_remedy(
    sandbox: SandboxProcess, kind: str, words: str
) -> None:
    with faulty(sandbox, kind), pytest.raises(MetaApiError, match=words):
        probe(sandbox).read()


def test_what_meta_says_to_people_is_in_the_error(sandbox: SandboxProcess) -> None:
    with faulty(sandbox, "token_checkpoint"), pytest.raises(TokenDeadError) as raised:
        probe(sandbox).read()
    assert "[Please log in: You cannot access the app till you log in" in str(raised.value)


def test_a_refused_account_is_not_told_to_renew_its_token(sandbox: SandboxProcess) -> None:
    probed = probe(sandbox)
    with (
        faulty(sandbox, "token_dead", account="act_1003"),
        pytest.raises(AccountRefusedError) as raised,
    ):
        probed.read(account="act_1003")
    assert "new token" not in str(raised.value)


def test_a_token_that_meta_quotes_is_in_no_error_and_no_log(
    sandbox: SandboxProcess, caplog: pytest.LogCaptureFixture
) -> None:
    probed = probe(sandbox)
    with faulty(sandbox, "token_echo"), pytest.raises(TokenDeadError) as raised:
        probed.read()
    assert "***" in str(raised.value)
    assert TOKEN not in str(raised.value) + repr(raised.value.attempts) + caplog.text


def test_a_warning_about_the_version_is_remembered_once(
    sandbox: SandboxProcess, truth: Rows
) -> None:
    probed = probe(sandbox)
    with faulty(sandbox, "version_warning"):
        assert probed.read() == truth
        assert probed.read() == truth
    (notice,) = probed.traffic.notices
    assert "v26.0" in notice
    assert "META_API_VERSION" in notice


@pytest.mark.parametrize(
    ("kind", "pauses_the_app"),
    [
        ("rate_limit", False),
        ("user_limit", False),
        ("buc_limit", False),
        ("custom_limit", False),
        ("app_limit", True),
    ],
)
def test_a_throttled_account_waits_as_long_as_it_is_told_and_alone(
    sandbox: SandboxProcess, truth: Rows, kind: str, pauses_the_app: bool
) -> None:
    from pydantic import SecretStr

    from orchestration.meta_api.calls.request import app_key

    probed, app = probe(sandbox), app_key(SecretStr(TOKEN))
    others: list[bool] = []
    sleep = probed.time.sleep

    def watch(seconds: float) -> None:
        others.append(probed.traffic.pause_left("act_1002", app) > 0)
        sleep(seconds)

    probed.traffic._sleep = watch
    with faulty(sandbox, kind, times=1, minutes=3):
        assert probed.read() == truth
    assert (probed.client.calls, probed.waited) == (2, 180.0)
    assert set(others) == {pauses_the_app}


def test_a_throttled_call_whose_headers_are_silent_waits_a_minute(
    sandbox: SandboxProcess, truth: Rows
) -> None:
    probed = probe(sandbox)
    with faulty(sandbox, "rate_limit", times=1, headers=False):
        assert probed.read() == truth
    assert (probed.client.calls, probed.waited) == (2, 60.0)


def test_a_longer_pause_than_the_budget_is_not_begun(sandbox: SandboxProcess) -> None:
    probed = probe(sandbox, wait_seconds=900)
    with (
        faulty(sandbox, "rate_limit", minutes=60),
        pytest.raises(BudgetExhaustedError, match="META_ADS_WAIT_BUDGET"),
    ):
        probed.read()
    assert (probed.client.calls, probed.waited) == (1, 0.0)


def test_retries_too_are_on_the_budget(sandbox: SandboxProcess) -> None:
    probed = probe(sandbox, wait_seconds=7)
    with faulty(sandbox, "http_500"), pytest.raises(BudgetExhaustedError) as raised:
        probed.read()
    assert (probed.client.calls, probed.time.waits) == (3, [2.0, 4.0])
    assert len(raised.value.attempts) == 3


def test_no_more_calls_are_made_than_the_budget_allows(
    sandbox: SandboxProcess, small_pages: None
) -> None:
    probed = probe(sandbox, calls=3)
    with pytest.raises(BudgetExhaustedError, match="META_ADS_CALL_BUDGET"):
        probed.read()
    assert probed.client.calls == 3
    assert probe(sandbox).read(account="act_1002")


@pytest.mark.parametrize(
    ("percent", "pause"), [(50, 0.0), (75, 0.0), (90, 12.0), (100, 20.0), (120, 20.0)]
)
def test_near_a_limit_the_calls_slow_down(
    sandbox: SandboxProcess, percent: int, pause: float
) -> None:
    probed = probe(sandbox)
    with faulty(sandbox, "usage", percent=percent, scope="account", minutes=0):
        probed.read()
        probed.read()
    assert (probed.client.calls, probed.waited) == (2, pause)


@pytest.mark.parametrize(
    ("case", "pause"), [("ads_insights", 1800.0), ("ads_management", 0.0), ("custom_audience", 0.0)]
)
def test_only_the_use_case_that_is_asked_makes_anybody_wait(
    sandbox: SandboxProcess, case: str, pause: float
) -> None:
    probed = probe(sandbox, wait_seconds=4000)
    with faulty(sandbox, "usage", percent=100, scope="business", minutes=30, case=case):
        probed.read()
        probed.read()
    assert probed.waited == pause


def test_a_limit_that_stays_at_100_percent_slows_down_but_never_stops(
    sandbox: SandboxProcess, truth: Rows
) -> None:
    probed = probe(sandbox, wait_seconds=100)
    with faulty(sandbox, "usage", percent=100, scope="account", minutes=0):
        for _ in range(8):
            assert probed.read() == truth
    assert probed.waited <= 50.0


@pytest.mark.parametrize(
    ("kind", "fields", "most_calls"),
    [
        ("reduce_data", {"rows": 60}, 12),
        ("reduce_data", {"rows": 25}, 12),
        ("too_many_days", {"days": 1}, 40),
        ("sync_too_heavy", {}, 40),
        ("timeout_100", {}, 40),
        ("unknown_above_rows", {"rows": 60}, 12),
        ("unknown_above_rows", {"rows": 25}, 12),
        ("unknown_above_rows", {"rows": 0}, 12),
        ("unknown_above_days", {"days": 1}, 16),
        ("gateway_above_rows", {"rows": 25}, 12),
        ("gateway_above_rows", {"rows": 0}, 12),
        ("gateway_above_days", {"days": 2}, 16),
        ("data_limit", {"campaigns": 4}, 70),
        ("data_limit", {"campaigns": 1}, 130),
    ],
)
def test_what_is_too_much_is_read_in_smaller_parts_with_the_same_rows(
    sandbox: SandboxProcess, truth: Rows, kind: str, fields: dict[str, Any], most_calls: int
) -> None:
    probed = probe(sandbox)
    with faulty(sandbox, kind, **fields):
        assert in_order(probed.read()) == in_order(truth)
    assert probed.client.calls <= most_calls
    assert probed.client.duplicates == 0


@pytest.mark.parametrize("kind", ["unknown_above_rows", "gateway_above_rows"])
def test_too_much_in_disguise_is_asked_the_same_twice_and_then_less(
    sandbox: SandboxProcess, truth: Rows, kind: str
) -> None:
    probed = probe(sandbox)
    with faulty(sandbox, kind, rows=250):
        assert probed.read() == truth
        assert (probed.client.calls, probed.waited) == (4, 6.0)
        assert probed.read() == truth
    # Twice the same, the least, then a page of 250; from then on that at once.
    assert (probed.client.calls, probed.waited) == (5, 6.0)


def test_a_month_that_only_reports_answer_is_one_report(sandbox: SandboxProcess) -> None:
    probed = probe(sandbox)
    since = UNTIL - timedelta(days=20)
    expected = honest(sandbox, since=since)
    with faulty(sandbox, "unknown_above_rows"):
        assert in_order(probed.read(since=since)) == in_order(expected)
        assert probed.client.calls <= 12
        before = probed.client.calls
        assert in_order(probed.read(since=since)) == in_order(expected)
    assert probed.client.calls - before <= 8


@pytest.mark.parametrize("kind", ["unknown_error", "html_504", "http_500"])
def test_an_outage_after_too_much_in_disguise_still_ends_in_few_calls(
    sandbox: SandboxProcess, truth: Rows, kind: str
) -> None:
    probed = probe(sandbox)
    with faulty(sandbox, "unknown_above_rows", rows=250):
        assert probed.read() == truth
    before, waited = probed.client.calls, probed.waited
    with faulty(sandbox, kind), pytest.raises(TransientError):
        probed.read(since=UNTIL - timedelta(days=27))
    assert probed.client.calls - before <= 12
    assert probed.waited - waited == 14.0


def test_the_size_of_a_page_that_went_well_is_kept(sandbox: SandboxProcess) -> None:
    probed = probe(sandbox)
    with faulty(sandbox, "reduce_data", rows=70):
        probed.read()
        before = probed.client.calls
        probed.read()
    assert probed.client.calls - before == 1


@pytest.mark.parametrize(
    "kind", ["empty_page", "short_pages", "duplicated_page", "overlapping_pages", "no_cursor"]
)
def test_odd_pages_lead_to_the_same_rows(
    sandbox: SandboxProcess, truth: Rows, small_pages: None, kind: str
) -> None:
    probed = probe(sandbox)
    with faulty(sandbox, kind):
        assert probed.read() == truth
    assert (probed.client.duplicates > 0) == (kind in ("duplicated_page", "overlapping_pages"))
    assert probed.client.calls < 40


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("repeated_cursor", "no end"),
        ("page_loop", "no end"),
        ("foreign_next", "another server"),
        ("next_without_after", "no cursor"),
    ],
)
def test_pages_that_lead_nowhere_are_an_error(
    sandbox: SandboxProcess, small_pages: None, kind: str, reason: str
) -> None:
    probed = probe(sandbox)
    with faulty(sandbox, kind), pytest.raises(PagingError, match=reason):
        probed.read()
    assert probed.client.calls <= 10


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("report_failed", {"times": 1}),
        ("report_failed_bare", {"times": 1}),
        ("report_failed_generation", {"times": 1}),
        ("report_skipped", {"times": 1}),
        ("report_race", {"times": 2}),
        ("report_too_early", {"times": 1}),
    ],
)
def test_a_report_run_that_stumbles_ends_with_the_rows(
    sandbox: SandboxProcess, kind: str, fields: dict[str, Any]
) -> None:
    probed = probe(sandbox)
    expected = honest(sandbox, since=UNTIL)
    spoil(sandbox, "sync_too_heavy")
    spoil(sandbox, kind, **fields)
    assert in_order(probed.read(since=UNTIL)) == in_order(expected)
    assert probed.waited < 60


@pytest.mark.parametrize(
    "kind",
    [
        "report_failed",
        "report_failed_bare",
        "report_failed_generation",
        "report_skipped",
        "report_stuck",
        "report_never_starts",
        "report_100_running",
    ],
)
def test_a_report_run_that_never_ends_well_is_given_up_in_bounded_time(
    sandbox: SandboxProcess, kind: str
) -> None:
    probed = probe(sandbox)
    spoil(sandbox, "sync_too_heavy")
    spoil(sandbox, kind)
    with pytest.raises(ReportFailedError):
        probed.read(level="account", since=UNTIL)
    assert probed.waited < 3600
    assert probed.client.calls < 60


def test_campaigns_are_asked_for_apart_when_no_report_ends(sandbox: SandboxProcess) -> None:
    probed = probe(sandbox)
    expected = honest(sandbox, since=UNTIL)
    spoil(sandbox, "data_limit", campaigns=3)
    spoil(sandbox, "report_stuck")
    assert in_order(probed.read(since=UNTIL)) == in_order(expected)


def test_reports_of_other_days_are_not_mixed_up(sandbox: SandboxProcess, truth: Rows) -> None:
    probed = probe(sandbox)
    with faulty(sandbox, "sync_too_heavy"):
        assert in_order(probed.read()) == in_order(truth)


def test_the_request_log_of_the_sandbox_holds_no_token(sandbox: SandboxProcess) -> None:
    probe(sandbox).read()
    log = requests.get(f"{sandbox.url}/sandbox/log", timeout=20).text
    assert "insights" in log
    assert TOKEN not in log
