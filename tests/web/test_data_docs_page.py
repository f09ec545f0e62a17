"""Data Docs in Debian's Chromium, without a network: a hostile value is shown as text."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsers import Watched, browsing
from hostile_names import ATTACKS, LEGITIMATE, obeyed
from playwright.sync_api import Browser, Page

from orchestration.answers.window import Window
from orchestration.quality.answer import Account, Answer
from orchestration.quality.data_docs.pages import write_data_docs
from orchestration.quality.data_docs.results import SuiteResults
from orchestration.quality.gate import judge

SCRIPT = "<script>document.title = 'mine'</script><img src=x onerror=\"document.title='mine'\">"
FONT = "<link rel=stylesheet href=https://evil.example/x.css>"
VALUES = (
    SCRIPT,
    FONT,
    *(name for name in (*ATTACKS, *LEGITIMATE) if name.isprintable() or "\x1b" in name),
)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run whose rows bear the names as campaigns, amounts and action types."""
    day = date(2026, 11, 11)
    row: dict[str, Any] = {"account_id": "1", "account_currency": "EUR", "date_start": str(day)}
    row |= {"date_stop": str(day), "impressions": "10", "clicks": "1"}
    rows = [
        row
        | {"campaign_id": str(number), "campaign_name": value, "spend": value}
        | {"actions": [{"action_type": value, "value": "1"}]}
        for number, value in enumerate(VALUES)
    ]
    window, account = (
        Window("a", day, day),
        Account(account_id="1", currency="EUR", finished_until=day, due_day=day),
    )
    suite_results = SuiteResults()
    judge([Answer.of(window, account, 1, {"account": [row], "campaign": rows})], suite_results)
    return write_data_docs(tmp_path_factory.mktemp("docs"), "run-<b>1", suite_results.suites)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(offline=True)
    yield context.new_page()
    context.close()


def test_hostile_values_stand_as_text_and_nothing_is_asked_of_anybody(
    index: Path, page: Page
) -> None:
    watched = Watched(page, index.parent.as_uri())
    page.goto(index.as_uri())
    assert page.title() == "Data Docs of a run · meta-ads-warehouse"
    for number in range(page.locator("tbody a").count()):
        page.goto(index.as_uri())
        page.locator("tbody a").nth(number).click()
        assert page.title().endswith(" · meta-ads-warehouse")
        assert page.locator("script, img, link, iframe, svg").count() == 0
        assert not Axe().run(page).violations_count
    assert watched.errors == []
    assert watched.strangers == []


def test_every_value_that_broke_a_rule_can_be_read(index: Path, page: Page) -> None:
    page.goto((index.parent / "0.html").as_uri())
    text = page.locator("main").inner_text()
    assert "A value is not an id, a number or a date in Meta's form." in text
    assert "blocking" in text
    assert "document.title = 'mine'" in text
    assert "\\x1b[31mred\\x1b[0m" in text
    assert not obeyed(text) - set("\t\n")


def test_the_page_allows_no_script_even_if_one_came_through(index: Path, page: Page) -> None:
    whole = (index.parent / "0.html").read_text("utf-8")
    torn = index.parent / "torn.html"
    torn.write_text(whole.replace("<main>", f"<main>{SCRIPT}"), "utf-8")
    page.goto(torn.as_uri())
    assert page.locator("main > script").count() == 1
    assert page.title().endswith(" · meta-ads-warehouse")
