"""Logging in to the dashboard, and forms that only its own pages may send."""

import re
from base64 import urlsafe_b64decode
from hashlib import sha256

import pytest
import requests
from dashboard_world import MONITORING, put_everything
from databases import Warehouse
from playwright.sync_api import Browser, expect
from servers import TOKEN, HealthServer


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
    # The browser goes on to the page that it asked for.
    expect(page).to_have_url(guarded.url + f"{MONITORING}/clients/acme")
    (cookie,) = page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Lax", "/")
    # The content of the cookie is signed and readable: it must not help to guess the token.
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
        match = re.search(r'name="proof" value="([^"]+)"', page)
        assert match is not None
        proofs.append(match.group(1))
    form = {name: {"right": proofs[0], "other": proofs[1]}.get(v, v) for name, v in form.items()}
    url = f"{guarded.url}/admin/alerts/{number}/acknowledge"
    assert sessions[0].post(url, data=form, headers=headers, timeout=20).status_code == 403
    assert world.value("select count(*) from ops.alerts where state = 'acknowledged'") == 0
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    assert requests.post(url, headers=bearer, timeout=20).status_code == 403
    right = sessions[0].post(url, data={"proof": proofs[0]}, timeout=20)
    assert right.status_code == 200
    assert world.value("select count(*) from ops.alerts where state = 'acknowledged'") == 1
