"""The dashboard in Debian's Chromium: what it shows, who gets in, and whom it asks."""

import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest
import requests
import worlds
from axe_playwright_python.sync_playwright import Axe
from browsers import Watched, browsing
from databases import Warehouse
from factories import LATEST_DUE_DAY, add_client
from playwright.sync_api import Browser, Page, expect
from psycopg.types.json import Jsonb
from servers import TOKEN, HealthServer, serving
from worlds import WEEK

MONITORING = "/admin/monitoring"
PAGES = (
    MONITORING,
    f"{MONITORING}?q=bor",
    f"{MONITORING}/clients/acme",
    f"{MONITORING}/clients/borealis",
    f"{MONITORING}/publications/1",
    "/admin/runbook",
)
TOKEN_OF_ACME = re.compile(r"^Acknowledge\s*: The token of acme is dead")
HOSTILE = "</code><script>document.title = 'mine'</script><img src=x onerror=alert(1)>"
CALENDAR = {
    "split": WEEK[1],
    "refused": WEEK[2],
    "missing": WEEK[3],
    "zero": WEEK[4],
    "failed": WEEK[5],
    "waived": WEEK[6],
    "good": WEEK[0],
}


def put_everything(warehouse: Warehouse) -> None:
    """A client with a day of each state, three days of the other, alerts, messages, failures."""
    worlds.healthy(warehouse)
    worlds.refused(warehouse, "acme", CALENDAR["split"], "not_split")
    worlds.refused(warehouse, "acme", CALENDAR["refused"], "formats")
    worlds.lose_day(warehouse, "acme", CALENDAR["missing"])
    worlds.refused_without_data(warehouse, "acme", CALENDAR["failed"])
    for state, day in (("empty", CALENDAR["zero"]), ("waived", CALENDAR["waived"])):
        warehouse.execute(
            "update ops.slice_state set state = %s where client_id = 'acme' and date_day = %s",
            [state, day],
        )
    warehouse.execute(
        "update ops.slice_state set state = 'none' where client_id = 'acme' and date_day = %s",
        [CALENDAR["refused"]],
    )
    warehouse.execute(
        "insert into quarantine.violations (batch_id, client_id, date_day, rule, severity, detail) "
        "select max(batch_id), 'borealis', %s, 'thin_day', 'warning', 'thin <b>indeed</b>' "
        "from ops.batches",
        [WEEK[1]],
    )
    worlds.refused(warehouse, "borealis", WEEK[2], "standing_data_vanished")
    worlds.mended(warehouse, "borealis")
    worlds.failed_collection("TokenDeadError")(warehouse)
    add_client(warehouse, "cobalt", timezone_name=None, currency=None, owed_since=None)
    warehouse.execute(
        "insert into ops.alerts (fingerprint, rule, severity, client_id, subject, detail) values "
        "('a', 'token_dead', 'critical', 'acme', 'The token of acme is dead', 'Renew <i>it</i>'), "
        "('b', 'hit_rate', 'low', null, 'Few reads find fresh figures', '')"
    )
    put_alerting(warehouse)


def put_alerting(warehouse: Warehouse) -> None:
    """What became of alerts: returned, muted, resolved; how they were told; what finally failed."""
    warehouse.execute(
        "update ops.alerts set since = '2026-11-13T06:00:00Z', times_opened = 3, times_seen = 7, "
        "facts = jsonb_build_object('days', (select jsonb_agg(d::date) from "
        "generate_series(date '2026-11-01', '2026-11-12', interval '1 day') as d)) "
        "where rule = 'token_dead'"
    )
    warehouse.execute(
        "insert into ops.alert_mutes (rule, until, reason, muted_by) values "
        "('hit_rate', now() + interval '1 day', 'known', 'Kim'), "
        "('token_dead', now() - interval '1 day', 'over', 'Kim')"
    )
    warehouse.execute(
        "insert into ops.alerts (fingerprint, rule, severity, client_id, subject, state, "
        "resolved_at, resolved_by, resolved_reason) values "
        "('c', 'cache_stale', 'medium', 'acme', 'The running month is old', 'resolved', "
        "now() - interval '1 hour', null, null), "
        "('d', 'final_month_changed', 'high', null, 'Resolved by hand', 'resolved', now(), 'Kim', "
        "%s)",
        [HOSTILE],
    )
    worlds.destination(warehouse, "email", failing_minutes=1)
    worlds.webhook_is_off(warehouse)
    worlds.message("sent", receipt="ok, taken as 4711")(warehouse)
    worlds.message("waiting", "-1 hours", attempts=0, destination="email")(warehouse)
    title = Jsonb({"title": HOSTILE})
    worlds.message("refused", last_error=HOSTILE, content=title, destination="email")(warehouse)
    worlds.message("sent", instead_of=3)(warehouse)
    warehouse.execute(
        "insert into ops.run_failures (run_id, job, error, reason) values "
        "('0b5c9d7e-run', 'daily_refresh', 'StepError', %s)",
        [HOSTILE],
    )
    warehouse.execute(
        "update ops.failed_collections set attempts = "
        """'[{"at": "2026-11-15T07:58:00.123456+00:00", "error": "once"}, """
        """{"at": "2026-11-15T08:00:00+00:00", "error": "twice, at 2026-99-99T99:99:99Z"}]'"""
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as found:
        yield found


@pytest.fixture(scope="module")
def guarded(world: Warehouse) -> Iterator[HealthServer]:
    put_everything(world)
    with serving(world, TOKEN) as found:
        yield found


@pytest.fixture
def opened(browser: Browser, guarded: HealthServer) -> Iterator[Page]:
    """A page of a browser that has logged in; it logged no error and asked no other host."""
    context = browser.new_context(color_scheme="light")
    page = context.new_page()
    watched = Watched(page, guarded.url)
    log_in(page, guarded)
    # What the browser says of the 401 that brings the form.
    watched.errors.clear()
    yield page
    context.close()
    assert watched.errors == []
    assert watched.strangers == []


def log_in(page: Page, server: HealthServer, path: str = MONITORING) -> None:
    page.goto(server.url + path)
    page.get_by_label("Admin token").fill(TOKEN)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("contentinfo")).to_contain_text("All times are in UTC")


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


def test_a_stranger_sees_the_form_alone_and_a_wrong_token_opens_nothing(
    browser: Browser, guarded: HealthServer
) -> None:
    page = browser.new_page()
    answer = page.goto(guarded.url + f"{MONITORING}/clients/acme")
    assert answer is not None
    assert answer.status == 401
    assert "acme" not in page.locator("main").inner_text().lower()
    page.get_by_label("Admin token").fill("not-the-token-at-all")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("not the admin token")
    assert page.context.cookies() == []
    page.get_by_label("Admin token").fill(TOKEN)
    page.get_by_role("button", name="Log in").click()
    # And goes on to where it wanted.
    expect(page).to_have_url(guarded.url + f"{MONITORING}/clients/acme")
    (cookie,) = page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Lax", "/")
    # Nothing in it to guess the token from: what it holds is signed, not hidden.
    payload = urlsafe_b64decode(cookie["value"].split(".")[0] + "==").decode("latin-1")
    assert TOKEN not in payload
    assert sha256(TOKEN.encode()).hexdigest() not in payload
    page.get_by_role("button", name="Log out").click()
    assert page.context.cookies() == []
    page.goto(guarded.url + MONITORING)
    expect(page.get_by_label("Admin token")).to_be_visible()
    page.close()


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "/admin/../../x", "/metrics"],
)
def test_logging_in_leads_nowhere_else(target: str, guarded: HealthServer) -> None:
    answer = requests.post(
        f"{guarded.url}/admin/login",
        data={"token": TOKEN, "next": target},
        allow_redirects=False,
        timeout=20,
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == MONITORING


def test_the_calendar_names_and_colours_each_day_by_what_is_known_of_it(opened: Page) -> None:
    calendar = opened.get_by_role("region", name="Calendar")
    for state, day in CALENDAR.items():
        cell = calendar.locator(f'td[title^="acme {day}: {state}"]')
        expect(cell).to_have_count(1)
        expect(cell).to_have_class(f"s-{state}")
        # Not by colour alone.
        assert cell.inner_text().strip()
    other = {"thin": WEEK[1], "held": WEEK[2], "mended": WEEK[3]}
    for state, day in other.items():
        cell = calendar.locator(f'td[title^="borealis {day}: {state}"]')
        expect(cell).to_have_class(f"s-{state}")
        assert cell.inner_text().strip()
    expect(calendar.get_by_role("row", name="Cobalt")).to_contain_text("never answered")
    colours = {
        state: calendar.locator(f"td.s-{state}").first.evaluate(
            "cell => getComputedStyle(cell).backgroundColor"
        )
        for state in (*CALENDAR, *other)
    }
    assert len(set(colours.values())) == len(colours)


def test_the_page_of_a_client_says_all_that_is_known(opened: Page, guarded: HealthServer) -> None:
    opened.get_by_role("link", name="Acme").first.click()
    expect(opened).to_have_url(f"{guarded.url}{MONITORING}/clients/acme")
    main = opened.locator("main")
    for text in ("not_split", "The token of acme is dead", "returned 2 times"):
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


def test_the_page_of_a_client_says_what_stands_of_held_and_mended_days(
    opened: Page, guarded: HealthServer
) -> None:
    opened.goto(f"{guarded.url}{MONITORING}/clients/borealis")
    days = opened.get_by_role("region", name="Days")
    expect(days.get_by_role("row", name=str(WEEK[2]))).to_contain_text(
        "earlier rows stand; the latest reading was refused: standing_data_vanished: told so"
    )
    expect(days.get_by_role("row", name=str(WEEK[3]))).to_contain_text("mended from ad sets")
    rule = opened.locator("section[aria-labelledby=quarantine]").get_by_role(
        "link", name="standing_data_vanished"
    )
    expect(rule).to_have_attribute("href", "/admin/runbook#standing_data_vanished")


def test_the_page_says_what_became_of_alerts_and_shows_data_as_text_never_as_markup(
    opened: Page, guarded: HealthServer
) -> None:
    check_alerts(opened)
    check_messages(opened)
    check_recovery_log(opened)
    # A reason of a person, the title and the error of a message, the same and of a run in the log.
    assert opened.locator("main").inner_html().count("&lt;script&gt;document.title") == 5
    assert opened.locator("main script, main img").count() == 0
    expect(opened).to_have_title(re.compile("^Monitoring"))
    expect(opened.get_by_text("Renew <i>it</i>")).to_be_attached()
    opened.goto(f"{guarded.url}{MONITORING}/clients/borealis")
    expect(opened.get_by_text("thin <b>indeed</b>").first).to_be_attached()
    opened.goto(f"{guarded.url}{MONITORING}?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    expect(opened.get_by_label("Client", exact=True)).to_have_value('"><script>alert(1)</script>')


def check_alerts(page: Page) -> None:
    told = page.get_by_role("region", name="Open alerts").get_by_role("listitem")
    for text in (
        "critical",
        "acme · token_dead · since 2026-11-13 06:00 UTC · seen 7 times",
        "returned 2 times",
        "2026-11-10 and 2 more",
    ):
        expect(told.first).to_contain_text(text)
    expect(told.first).not_to_contain_text("muted")
    expect(told.last).to_contain_text("muted until")
    told.first.locator("summary").click()
    expect(told.first.locator("code")).to_have_text(
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
    told = ("instead of message 3", "refused", "waiting until", "ok, taken as 4711")
    rows = messages.locator("tbody tr")
    expect(rows).to_have_text([re.compile(text) for text in told])


def check_recovery_log(page: Page) -> None:
    rows = page.locator("section[aria-labelledby=recovery] tbody tr")
    expect(rows.locator(".replay")).to_have_text(
        [
            "meta-ads run",
            "meta-ads alerts deliver --again 3",
            *[
                f"meta-ads collect --client {client_id} --since {day} --until {day}"
                for client_id, day in (
                    ("borealis", WEEK[2]),
                    ("acme", CALENDAR["refused"]),
                    ("acme", CALENDAR["split"]),
                )
            ],
            f"meta-ads recover --client acme --since {WEEK[1]} --until {WEEK[0]}",
        ]
    )
    expect(rows.last).to_contain_text("2 times")
    # Instants are written for people; what only looks like one stays as it is.
    expect(rows.last).to_contain_text("2026-11-15 07:58 UTC: once")
    expect(rows.last).to_contain_text("twice, at 2026-99-99T99:99:99Z")


def test_an_alert_is_acknowledged_by_a_click_and_stays_so(world: Warehouse, opened: Page) -> None:
    put_everything(world)
    opened.reload()
    alerts = opened.get_by_role("region", name="Open alerts")
    subjects = alerts.get_by_role("heading", level=3)
    expect(subjects).to_have_text([re.compile("token of acme"), re.compile("Few reads")])
    alerts.get_by_role("button", name=TOKEN_OF_ACME).click()
    expect(alerts.get_by_role("button", name="Acknowledge")).to_have_count(1)
    expect(alerts).to_contain_text("acknowledged by admin")
    told = (
        "select state, acknowledged_by, acknowledged_at is not null from ops.alerts "
        "where state <> 'resolved' order by 1"
    )
    assert world.rows(told) == [("acknowledged", "admin", True), ("open", None, False)]


@pytest.mark.parametrize(
    ("form", "headers"),
    [
        ({}, {}),
        ({"proof": "made-up"}, {}),
        ({"proof": "right"}, {"Origin": "https://evil.example"}),
        ({"proof": "right"}, {"Origin": "null"}),
        ({"proof": "other"}, {}),
    ],
)
def test_nobody_else_can_send_the_form(
    form: dict[str, str], headers: dict[str, str], world: Warehouse, guarded: HealthServer
) -> None:
    put_everything(world)
    number = world.value("select min(alert_id) from ops.alerts")
    sessions = [requests.Session(), requests.Session()]
    proofs = []
    for session in sessions:
        session.post(f"{guarded.url}/admin/login", data={"token": TOKEN}, timeout=20)
        page = session.get(f"{guarded.url}{MONITORING}", timeout=20).text
        found = re.search(r'name="proof" value="([^"]+)"', page)
        assert found is not None
        proofs.append(found.group(1))
    form = {name: {"right": proofs[0], "other": proofs[1]}.get(v, v) for name, v in form.items()}
    url = f"{guarded.url}/admin/alerts/{number}/acknowledge"
    assert sessions[0].post(url, data=form, headers=headers, timeout=20).status_code == 403
    assert world.value("select count(*) from ops.alerts where state = 'acknowledged'") == 0
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    assert requests.post(url, headers=bearer, timeout=20).status_code == 403
    right = sessions[0].post(url, data={"proof": proofs[0]}, timeout=20)
    assert right.status_code == 200
    assert world.value("select count(*) from ops.alerts where state = 'acknowledged'") == 1


def test_it_is_read_and_acknowledged_without_javascript(
    world: Warehouse, browser: Browser, guarded: HealthServer
) -> None:
    put_everything(world)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    log_in(page, guarded)
    expect(page.get_by_role("heading", name="Data Health")).to_be_visible()
    expect(page.locator("td.s-split")).to_have_count(1)
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
    expect(opened.locator("td.s-split")).to_have_count(1)
    worlds.refused(world, "acme", WEEK[0], "not_split")
    opened.clock.run_for(31_000)
    expect(opened.locator("td.s-split")).to_have_count(2)
    expect(note).to_have_attribute("open", "")
    put_everything(world)


def test_every_line_leads_to_its_section_of_the_runbook(
    opened: Page, guarded: HealthServer
) -> None:
    links = opened.locator("a.help").evaluate_all("all => all.map(one => one.hash.slice(1))")
    assert len(links) == 9
    opened.goto(f"{guarded.url}/admin/runbook")
    sections = opened.locator("h2[id], h3[id]").evaluate_all("all => all.map(one => one.id)")
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
        # Nothing but what scrolls in its own region is wider than the screen.
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    context.close()


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found]


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
def test_what_is_not_there_is_said_on_a_page(path: str, status: int, guarded: HealthServer) -> None:
    answer = guarded.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == status
    assert "Traceback" not in answer.text
    if status == 404:
        assert answer.headers["content-type"].startswith("text/html")
