"""Too much for one call, odd pages and report runs: the same rows in the end, or an error."""

from datetime import timedelta
from typing import Any

import pytest
from client_support import UNTIL, Rows, faulty, honest, in_order, probe
from sandbox_support import spoil

from orchestration.meta_api.errors import PagingError, ReportFailedError, TransientError
from orchestration.sandbox.process import SandboxProcess


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
