"""Using the dashboard: with and without JavaScript, by keyboard, on narrow screens, with axe."""

import re
from typing import Any

import pytest
import worlds
from axe_playwright_python.sync_playwright import Axe
from dashboard_world import MONITORING, TOKEN_OF_ACME, log_in, put_everything
from databases import Warehouse
from playwright.sync_api import Browser, Page, expect
from servers import HealthServer
from worlds import WEEK

PAGES = (
    MONITORING,
    f"{MONITORING}?q=bor",
    f"{MONITORING}/clients/acme",
    f"{MONITORING}/clients/borealis",
    f"{MONITORING}/publications/1",
    "/admin/runbook",
)


def test_an_alert_is_acknowledged_by_a_click_and_stays_so(world: Warehouse, opened: Page) -> None:
    put_everything(world)
    opened.reload()
    alerts = opened.get_by_role("region", name="Open alerts")
    subjects = alerts.get_by_role("heading", level=3)
    expect(subjects).to_have_text([re.compile("token of acme"), re.compile("Few reads")])
    alerts.get_by_role("button", name=TOKEN_OF_ACME).click()
    expect(alerts.get_by_role("button", name="Acknowledge")).to_have_count(1)
    expect(alerts).to_contain_text("acknowledged by admin")
    query = (
        "select state, acknowledged_by, acknowledged_at is not null from ops.alerts "
        "where state <> 'resolved' order by 1"
    )
    assert world.rows(query) == [("acknowledged", "admin", True), ("open", None, False)]


def test_it_is_read_and_acknowledged_without_javascript(
    world: Warehouse, browser: Browser, guarded: HealthServer
) -> None:
    put_everything(world)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    log_in(page, guarded)
    expect(page.get_by_role("heading", name="Data Health")).to_be_visible()
    expect(page.locator("td.s-split-held")).to_have_count(1)
    page.get_by_role("button", name=TOKEN_OF_ACME).click()
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(1)
    assert page.locator("meta[http-equiv=refresh]").count() == 1
    context.close()


def test_the_page_refreshes_itself_and_keeps_what_is_open(world: Warehouse, opened: Page) -> None:
    put_everything(world)
    opened.clock.install()
    opened.reload()
    note = opened.locator("details[data-key=line-splitData]")
    note.locator("summary").click()
    opened.locator("h1").click()
    expect(opened.locator("td.s-split-held")).to_have_count(1)
    worlds.refused(world, "acme", WEEK[0], "not_split")
    opened.clock.run_for(31_000)
    expect(opened.locator("td.s-split-held")).to_have_count(2)
    expect(note).to_have_attribute("open", "")
    put_everything(world)


def test_every_line_leads_to_its_section_of_the_runbook(
    opened: Page, guarded: HealthServer
) -> None:
    links = opened.locator("a.help").evaluate_all("links => links.map(link => link.hash.slice(1))")
    assert len(links) == 9
    opened.goto(f"{guarded.url}/admin/runbook")
    sections = opened.locator("h2[id], h3[id]").evaluate_all(
        "headings => headings.map(heading => heading.id)"
    )
    assert {*links, "warehouse-unreachable", "not_split", "split_month"} <= {*sections}
    assert len(sections) == len({*sections})


def test_the_keyboard_reaches_the_content_first(opened: Page) -> None:
    opened.keyboard.press("Tab")
    focused = opened.locator(":focus")
    expect(focused).to_have_text("Skip to the content")
    opened.keyboard.press("Enter")
    expect(opened.locator("main")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_every_page_is_accessible_and_fits(
    width: int, scheme: Any, browser: Browser, guarded: HealthServer
) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(guarded.url + MONITORING)
    assert violations(page) == []
    log_in(page, guarded)
    for path in PAGES:
        answer = page.goto(guarded.url + path)
        assert answer is not None
        assert answer.status == 200, path
        assert violations(page) == [], path
        # Only what scrolls in its own region may be wider than the screen.
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    context.close()


def violations(page: Page) -> list[str]:
    violations = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {rule['nodes'][0]['html']}" for rule in violations]
