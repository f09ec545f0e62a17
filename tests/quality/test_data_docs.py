"""Data Docs: pages that name what is broken, small, and not too many of them."""

from datetime import date
from pathlib import Path

import pytest

from orchestration.answers.window import Window
from orchestration.quality.answer import Account, Answer
from orchestration.quality.data_docs.pages import KEEP_RUNS, write_data_docs
from orchestration.quality.data_docs.results import CheckedSuite, SuiteResults
from orchestration.quality.gate import judge

MOST_BYTES = 200_000


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
    assert "formats" in text
    pages = sorted(page.parent.glob("[0-9]*.html"))
    assert len(pages) == len(suites)
    text_of_suite = pages[0].read_text("utf-8")
    assert "A value is not an id, a number or a date" in text_of_suite
    assert "a 2026-11-11: campaign 7: spend is &#39;n/a&#39;" in text_of_suite
    assert max(path.stat().st_size for path in pages) < MOST_BYTES
    assert all(path.name in text for path in pages)


def test_the_pages_of_earlier_runs_are_kept_but_not_for_ever(
    suites: list[CheckedSuite], tmp_path: Path
) -> None:
    (tmp_path / ".making-killed").mkdir()
    pages = [write_data_docs(tmp_path, f"run-{n}", suites[:1]) for n in range(KEEP_RUNS + 2)]
    kept = [page.exists() for page in pages]
    assert kept == [False, False] + [True] * KEEP_RUNS
    assert not (tmp_path / ".making-killed").exists()
