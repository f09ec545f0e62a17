"""The validation report: pages that name what is broken, small, and not too many of them."""

from datetime import date
from pathlib import Path

import pytest

from orchestration.answers.window import Window
from orchestration.quality.answer import Account, Answer
from orchestration.quality.data_docs import KEEP_RUNS, write_data_docs
from orchestration.quality.gate import Report, judge

MOST_BYTES = 200_000


@pytest.fixture(scope="module")
def report() -> Report:
    """What is gathered of an answer of which every row is broken."""
    day = date(2026, 11, 11)
    row = {"account_id": "1", "account_currency": "EUR", "date_start": str(day)}
    row |= {"date_stop": str(day), "spend": "n/a", "impressions": "10", "clicks": "1"}
    rows = [row | {"campaign_id": str(number)} for number in range(5_000)]
    answer = Answer.of(
        Window("a", day, day),
        Account("1", "EUR", day, day),
        1,
        {"account": [row], "campaign": rows},
    )
    found = Report()
    judge([answer], found)
    return found


def test_the_report_names_the_broken_rules_and_stays_small(report: Report, tmp_path: Path) -> None:
    before = [len(one.results) for one in report.results]
    page = write_data_docs(tmp_path, "run-1", report.results)
    text = page.read_text("utf-8")
    assert "run-1" in text
    assert "formats" in text
    pages = sorted(page.parent.glob("[0-9]*.html"))
    assert len(pages) == len(report.results)
    assert "A value is not an id, a number or a date" in pages[0].read_text("utf-8")
    assert max(path.stat().st_size for path in pages) < MOST_BYTES
    assert [len(one.results) for one in report.results] == before
    assert all(path.name in text for path in pages)


def test_earlier_reports_are_kept_but_not_for_ever(report: Report, tmp_path: Path) -> None:
    (tmp_path / ".making-killed").mkdir()
    results = report.results[:1]
    pages = [write_data_docs(tmp_path, f"run-{n}", results) for n in range(KEEP_RUNS + 2)]
    kept = [page.exists() for page in pages]
    assert kept == [False, False] + [True] * KEEP_RUNS
    assert not (tmp_path / ".making-killed").exists()
