"""Data Docs: pages that name what is broken, small, and not too many of them."""

from datetime import date, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from orchestration.answers.window import Window
from orchestration.expectations.catalogue import RULES
from orchestration.quality.answer import Account, Answer
from orchestration.quality.data_docs.pages import KEEP_RUNS, write_data_docs
from orchestration.quality.data_docs.results import CheckedSuite, SuiteResults
from orchestration.quality.gate import judge

MOST_BYTES = 200_000
PURCHASE = {"action_type": "omni_purchase", "value": "3"}
CLICK = {"action_type": "link_click", "value": "1"}


def delivered(day: date) -> dict[str, Any]:
    """A row of a day with delivery."""
    row = {"account_id": "1", "account_currency": "EUR", "date_start": str(day)}
    return row | {"date_stop": str(day), "spend": "5", "impressions": "100", "clicks": "1"}


@pytest.fixture(scope="module")
def suites() -> list[CheckedSuite]:
    """What the suites say of an answer of which every row is broken."""
    day = date(2026, 11, 11)
    row = {"account_id": "1", "account_currency": "EUR", "date_start": str(day)}
    row |= {"date_stop": str(day), "spend": "n/a", "impressions": "10", "clicks": "1"}
    rows = [row | {"campaign_id": str(number)} for number in range(5_000)]
    answer = Answer.of(
        Window("a", day, day),
        Account(account_id="1", currency="EUR", finished_until=day, due_day=day),
        1,
        {"account": [row], "campaign": rows},
    )
    suite_results = SuiteResults()
    judge([answer], suite_results)
    return suite_results.suites


def test_the_pages_name_the_broken_rules_and_stay_small(
    suites: list[CheckedSuite], tmp_path: Path
) -> None:
    page = write_data_docs(tmp_path, "run-1", suites)
    text = page.read_text("utf-8")
    assert "run-1" in text
    assert "A value is not an id, a number or a date" in text
    pages = sorted(page.parent.glob("[0-9]*.html"))
    assert len(pages) == len(suites)
    text_of_suite = pages[0].read_text("utf-8")
    assert "A value is not an id, a number or a date" in text_of_suite
    assert "<bdi>a 2026-11-11</bdi>" in text_of_suite
    assert "<bdi>campaign 7: spend is &#39;n/a&#39;</bdi>" in text_of_suite
    assert "and 980 more" in text_of_suite
    assert "and 4001 more rows" in text_of_suite
    assert max(path.stat().st_size for path in pages) < MOST_BYTES
    assert all(path.name in text for path in pages)


def test_days_of_one_cause_are_one_range_and_no_page_names_rules_or_columns(tmp_path: Path) -> None:
    first = date(2026, 11, 1)
    days = [first + timedelta(n) for n in (*range(5), 8)]
    window = Window("a", first, days[-1])
    campaign_rows = [delivered(day) for day in days]
    account_rows = [row | {"actions": [PURCHASE]} for row in campaign_rows]
    account = Account(account_id="1", currency="EUR", finished_until=days[-1], due_day=days[-1])
    levels = {
        "account": account_rows,
        "campaign": [row | {"campaign_id": "7", "actions": [CLICK]} for row in campaign_rows],
    }
    suite_results = SuiteResults()
    judge([Answer.of(window, account, 1, levels)], suite_results)
    index = write_data_docs(tmp_path, "run-1", suite_results.suites)
    text = "".join(page.read_text("utf-8") for page in index.parent.glob("*.html"))
    assert RULES["not_split"].description in unescape(text)
    assert "<bdi>a 2026-11-01 to 2026-11-05, 5 days</bdi>" in text
    assert "<bdi>2026-11-01: purchase: campaigns 0, the account 3</bdi>" in text
    assert "<bdi>a 2026-11-09</bdi>" in text
    for internal in ("not_split", "parts_and_allowance", "expect_column"):
        assert internal not in text


def test_the_pages_of_earlier_runs_are_kept_but_not_for_ever(
    suites: list[CheckedSuite], tmp_path: Path
) -> None:
    (tmp_path / ".making-killed").mkdir()
    pages = [write_data_docs(tmp_path, f"run-{n}", suites[:1]) for n in range(KEEP_RUNS + 2)]
    kept = [page.exists() for page in pages]
    assert kept == [False, False] + [True] * KEEP_RUNS
    assert not (tmp_path / ".making-killed").exists()
