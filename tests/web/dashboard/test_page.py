"""What the pages of the dashboard show."""

import re

import pytest
import worlds
from dashboard_world import CALENDAR, MONITORING, SPLIT, put_everything
from databases import Warehouse
from factories import LATEST_DUE_DAY
from playwright.sync_api import Browser, Page, expect
from servers import HealthServer, serving
from worlds import WEEK

from orchestration.expectations.catalogue.reasons import sentences
from orchestration.web.dashboard.day_calendar import STANDING


def sentence(rule: str) -> str:
    return sentences([rule])


def test_the_panel_is_that_of_a_healthy_warehouse(world: Warehouse, browser: Browser) -> None:
    worlds.healthy(world)
    with serving(world) as server:
        page = browser.new_page()
        page.goto(server.url + MONITORING)
        panel = page.get_by_role("region", name="Data Health")
        lines = [" ".join(text.split()) for text in panel.locator(".line").all_inner_texts()]
        page.close()
    shown = [re.sub(r"^\W*|\s*\b(pass|warning|fail)\b.*$", "", line) for line in lines]
    assert shown[:4] == [
        "Daily Collection (2/2 clients)",
        "Data Consistency (No issues)",
        "No Missing Days (Last 7 days)",
        "Cache Freshness (2 fresh)",
    ]
    put_everything(world)


def test_the_calendar_names_and_colours_each_day_by_what_is_known_of_it(opened: Page) -> None:
    calendar = opened.get_by_role("region", name="Calendar")
    for state, day in CALENDAR.items():
        cell = calendar.locator(f'td[title^="acme {day}: {state}"]')
        expect(cell).to_have_count(1)
        expect(cell).to_have_class(f"s-{state}")
        # Not by colour alone.
        assert cell.inner_text().strip()
    other = {"thin": WEEK[1], "held": WEEK[2], "mended": WEEK[3], "split": SPLIT[0]}
    for state, day in other.items():
        cell = calendar.locator(f'td[title^="borealis {day}: {state}"]')
        expect(cell).to_have_class(f"s-{state}")
        assert cell.inner_text().strip()
    # What stands under a refused reading is said, not only coloured.
    told = {state: calendar.locator(f"td.s-{state}").first.inner_text() for state in STANDING}
    assert all(
        ": earlier rows stand" in text or ", earlier rows stand" in text for text in told.values()
    )
    assert "earlier rows stand" not in calendar.locator("td.s-split").first.inner_text()
    legend = calendar.get_by_role("list", name="Meaning of the cells")
    for state in STANDING:
        expect(legend.get_by_role("listitem").filter(has_text=state).last).to_contain_text(
            "earlier rows stand"
        )
    expect(calendar.get_by_role("row", name="Cobalt")).to_contain_text("never answered")
    colours = {
        state: calendar.locator(f"td.s-{state}").first.evaluate(
            "cell => getComputedStyle(cell).backgroundColor"
        )
        for state in (*CALENDAR, *other)
    }
    assert len(set(colours.values())) == len(colours)


def test_the_page_of_a_client_shows_alerts_failures_and_days(
    opened: Page, guarded: HealthServer
) -> None:
    opened.get_by_role("link", name="Acme").first.click()
    expect(opened).to_have_url(f"{guarded.url}{MONITORING}/clients/acme")
    main = opened.locator("main")
    for text in (sentence("not_split"), "The token of acme is dead", "returned 2 times"):
        expect(main.get_by_text(text).first).to_be_attached()
    recovery = opened.locator("section[aria-labelledby=recovery] tbody tr")
    expect(recovery).to_have_count(3)
    expect(recovery.last).to_contain_text("Meta answers with an error")
    expect(recovery.last).to_contain_text(
        f"meta-ads recover --client acme --since {WEEK[1]} --until {WEEK[0]}"
    )
    assert opened.locator("a[href='/admin/monitoring/clients/acme']").count() == 0
    days = opened.get_by_role("region", name="Days").locator("tbody tr")
    expect(days).to_have_count(len(WEEK))
    expect(days.first).to_contain_text(str(LATEST_DUE_DAY))


def test_the_page_of_a_client_explains_held_and_mended_days(
    opened: Page, guarded: HealthServer
) -> None:
    opened.goto(f"{guarded.url}{MONITORING}/clients/borealis")
    days = opened.get_by_role("region", name="Days")
    expect(days.get_by_role("row", name=str(WEEK[2]))).to_contain_text(
        "earlier rows stand; the latest reading was refused: "
        f"{sentence('standing_data_vanished')} (told so)"
    )
    expect(days.get_by_role("row", name=str(WEEK[3]))).to_contain_text("mended from ad sets")
    rule = opened.locator("section[aria-labelledby=quarantine]").get_by_role(
        "link", name=f"Runbook : {sentence('standing_data_vanished')}"
    )
    expect(rule).to_have_attribute("href", "/admin/runbook#standing_data_vanished")


def test_neighbouring_days_of_one_cause_are_one_line(opened: Page, guarded: HealthServer) -> None:
    cause = sentence("not_split")
    both = f"{SPLIT[0]} to {SPLIT[1]}"
    opened.goto(f"{guarded.url}{MONITORING}/clients/borealis")
    days = opened.get_by_role("region", name="Days").locator("tbody tr")
    (split,) = [row for row in days.all() if cause in row.inner_text()]
    assert both in " ".join(split.inner_text().split())
    split.locator("summary").click()
    for day in SPLIT:
        expect(split.get_by_text(f"{day}: ")).to_be_visible()
    for name in ("recovery", "quarantine"):
        rows = opened.locator(f"section[aria-labelledby={name}] tbody tr").filter(has_text=cause)
        expect(rows).to_have_count(1)
        expect(rows.first).to_contain_text("2 days")
    expect(opened.locator("section[aria-labelledby=recovery] tbody")).to_contain_text(
        f"--since {SPLIT[0]} --until {SPLIT[1]}"
    )
    figures = opened.locator("section[aria-labelledby=quarantine] summary", has_text="2 findings")
    figures.click()
    expect(opened.get_by_text(f"{SPLIT[1]}: told so")).to_be_visible()
    assert "not_split" not in opened.locator("main").inner_text()


def test_alerts_messages_and_failures_are_shown_as_text_never_as_markup(
    opened: Page, guarded: HealthServer
) -> None:
    check_alerts(opened)
    check_messages(opened)
    check_recovery_log(opened)
    # In a reason, in the title and the error of a message, and in two entries of the recovery log.
    assert opened.locator("main").inner_html().count("&lt;script&gt;document.title") == 5
    assert opened.locator("main script, main img").count() == 0
    expect(opened).to_have_title(re.compile("^Monitoring"))
    expect(opened.get_by_text("Renew <i>it</i>")).to_be_attached()
    opened.goto(f"{guarded.url}{MONITORING}/clients/borealis")
    expect(opened.get_by_text("thin <b>indeed</b>").first).to_be_attached()
    opened.goto(f"{guarded.url}{MONITORING}?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    expect(opened.get_by_label("Client", exact=True)).to_have_value('"><script>alert(1)</script>')


def check_alerts(page: Page) -> None:
    alerts = page.get_by_role("region", name="Open alerts").get_by_role("listitem")
    for text in (
        "critical",
        "acme · token_dead · since 2026-11-13 06:00 UTC · seen 7 times",
        "returned 2 times",
        "2026-11-01 to 2026-11-12",
    ):
        expect(alerts.first).to_contain_text(text)
    expect(alerts.first).not_to_contain_text("muted")
    expect(alerts.last).to_contain_text("muted until")
    alerts.first.locator("summary").click()
    expect(alerts.first.locator("code")).to_have_text(
        [
            re.compile(r'^meta-ads alerts resolve \d+ --reason "…"$'),
            'meta-ads alerts mute token_dead --client acme --for 8 --reason "…"',
        ]
    )
    resolved = page.get_by_role("region", name="Recently resolved").get_by_role("listitem")
    expect(resolved).to_have_count(2)
    expect(resolved.first).to_contain_text("resolved by Kim")
    expect(resolved.last).to_contain_text("UTC: resolved")


def check_messages(page: Page) -> None:
    messages = page.locator("section[aria-labelledby=messages]")
    expect(messages.locator("dl.facts > div")).to_have_text(
        [
            re.compile(r"email\s*fails since .*: HTTP 500: no such channel.*1 message waiting"),
            re.compile(r"slack\s*on"),
            re.compile(r"webhook\s*off: no URL is set"),
        ]
    )
    states = ("instead of message 3", "refused", "waiting until", "ok, taken as 4711")
    rows = messages.locator("tbody tr")
    expect(rows).to_have_text([re.compile(text) for text in states])


def check_recovery_log(page: Page) -> None:
    rows = page.locator("section[aria-labelledby=recovery] tbody tr")
    expect(rows.locator(".replay")).to_have_text(
        [
            "meta-ads run",
            "meta-ads alerts deliver --again 3",
            f"meta-ads collect --client borealis --since {SPLIT[0]} --until {SPLIT[1]}",
            *[
                f"meta-ads collect --client {client_id} --since {day} --until {day}"
                for client_id, day in (
                    ("borealis", WEEK[2]),
                    ("acme", CALENDAR["refused"]),
                    ("acme", CALENDAR["split-held"]),
                )
            ],
            f"meta-ads recover --client acme --since {WEEK[1]} --until {WEEK[0]}",
        ]
    )
    expect(rows.last).to_contain_text("2 times")
    # The page writes instants in another form; text that only looks like an instant stays.
    expect(rows.last).to_contain_text("2026-11-15 07:58 UTC: once")
    expect(rows.last).to_contain_text("twice, at 2026-99-99T99:99:99Z")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{MONITORING}/clients/nobody", 404),
        (f"{MONITORING}/publications/99", 404),
        (f"{MONITORING}/publications/99999999999999999999", 404),
        (f"{MONITORING}?page=0", 200),
        (f"{MONITORING}?page=99999999", 200),
        ("/admin/nowhere", 404),
    ],
)
def test_an_unknown_page_is_an_error_page(path: str, status: int, guarded: HealthServer) -> None:
    answer = guarded.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == status
    assert "Traceback" not in answer.text
    if status == 404:
        assert answer.headers["content-type"].startswith("text/html")
