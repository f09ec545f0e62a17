"""Dagster with a token: one login for Dagster and the dashboard, and no answer without it."""

import re
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import worlds
from attacks import JOB, ask, launch, runs, says_hello, websocket
from browsers import Watched, browsing
from databases import Warehouse
from playwright.sync_api import Page, expect
from servers import TOKEN, HealthServer, dagster_serving, eventually, serving
from websockets.exceptions import ConnectionClosed, InvalidStatus

KPI_TOKEN = "a-token-for-the-kpis-of-acme"
REQUEST_SECONDS = 2
HTML = {"Accept": "text/html"}
PATHS = (
    "/",
    "/runs",
    "/server_info",
    "/favicon.png",
    "/logs/a/b.err",
    "/download_debug/x",
    "/notebook",
    "/healthz",
    "/graphql",
    "/nowhere",
)


def waited(page: Page, followed: list[str]) -> str:
    """What the page has received over its websockets, after a moment for more of it."""
    page.wait_for_timeout(1)
    return str(followed)


@pytest.fixture(scope="module")
def dagster(world: Warehouse) -> Iterator[HealthServer]:
    worlds.healthy(world)
    settings = {
        "META_ADS_KPI_TOKENS": f"{KPI_TOKEN}=acme",
        "META_ADS_REQUEST_SECONDS": str(REQUEST_SECONDS),
    }
    with dagster_serving(world, TOKEN, **settings) as server:
        yield server


@pytest.fixture(scope="module")
def dashboard(world: Warehouse, dagster: HealthServer) -> Iterator[HealthServer]:
    with serving(world, TOKEN, META_ADS_DAGSTER_URL=dagster.url) as server:
        yield server


def logged_in(server: HealthServer) -> requests.Session:
    session = requests.Session()
    answer = session.post(
        f"{server.url}/admin/login", data={"token": TOKEN}, timeout=20, allow_redirects=False
    )
    assert answer.status_code == 303
    return session


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong-token-of-some-length"},
        {"Authorization": f"Bearer {KPI_TOKEN}"},
        {"Cookie": "meta_ads_session=eyJub25jZSI6IngifQ.aaaa.bbbb"},
    ],
)
def test_nothing_answers_without_the_admin_token(
    headers: dict[str, str], dagster: HealthServer
) -> None:
    name = str(headers)
    body = launch(dagster, name)
    for path in PATHS:
        answer = requests.get(f"{dagster.url}{path}", headers=headers, timeout=20)
        assert answer.status_code in (401, 403), path
        assert list(answer.json()) == ["error"]
    answer = requests.post(f"{dagster.url}/graphql", json=body, headers=headers, timeout=20)
    assert answer.status_code in (401, 403)
    with pytest.raises(InvalidStatus, match="403"):
        websocket(dagster, dagster.url, **headers)
    assert runs(dagster, name) == []


def test_a_cookie_does_not_help_another_site(dagster: HealthServer) -> None:
    session = logged_in(dagster)
    body = launch(dagster, "with-cookie")
    for origin in ("https://evil.example", "null", "http://127.0.0.1:9"):
        answer = session.post(
            f"{dagster.url}/graphql", json=body, headers={"Origin": origin}, timeout=20
        )
        assert answer.status_code == 403
        with pytest.raises(InvalidStatus, match="403"):
            websocket(dagster, origin, Cookie=cookie_of(session))
    assert runs(dagster, "with-cookie") == []
    with websocket(dagster, dagster.url, Cookie=cookie_of(session)) as own:
        assert says_hello(own)


def cookie_of(session: requests.Session) -> str:
    return f"meta_ads_session={session.cookies['meta_ads_session']}"


def test_who_logged_in_on_either_is_known_to_both(
    dagster: HealthServer, dashboard: HealthServer
) -> None:
    for first in (dagster, dashboard):
        session = logged_in(first)
        assert session.get(f"{dagster.url}/runs", headers=HTML, timeout=20).status_code == 200
        page = session.get(f"{dashboard.url}/admin/monitoring", headers=HTML, timeout=20)
        assert page.status_code == 200


def test_the_dashboard_still_shows_the_state_of_dagster(dashboard: HealthServer) -> None:
    page = "/admin/monitoring"
    # An answer that did not come in time is kept for seconds.
    assert eventually(lambda: "Its daemons" in dashboard.get(page).text, 60)


def test_a_kept_cookie_opens_nothing_after_logging_out(
    world: Warehouse, dagster: HealthServer, dashboard: HealthServer
) -> None:
    session, other = logged_in(dashboard), logged_in(dagster)
    stolen = cookie_of(session)
    page = session.get(f"{dashboard.url}/admin/monitoring", headers=HTML, timeout=20).text
    proof = re.search(r'name="proof" value="([^"]+)"', page)
    assert proof is not None
    with websocket(dagster, dagster.url, Cookie=stolen) as kept_open:
        assert says_hello(kept_open)
        left = session.post(f"{dashboard.url}/admin/logout", data={"proof": proof[1]}, timeout=20)
        assert left.status_code == 401
        with pytest.raises(ConnectionClosed):
            says_hello(kept_open)
    # The last character of a signature has bits that nobody reads.
    written_anew = [stolen[:-1] + last for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefgh0123456789-_"]
    with serving(world, TOKEN) as restarted:
        for server in (dagster, dashboard, restarted):
            for cookie in (stolen, *written_anew):
                answer = requests.get(
                    f"{server.url}/admin/monitoring", headers={"Cookie": cookie}, timeout=20
                )
                assert answer.status_code == 401
    with pytest.raises(InvalidStatus, match="403"):
        websocket(dagster, dagster.url, Cookie=stolen)
    assert other.get(f"{dagster.url}/runs", headers=HTML, timeout=20).status_code == 200
    assert (world.home / "ended_sessions").stat().st_mode & 0o777 == 0o600


def test_an_unfinished_request_is_ended_and_a_websocket_stays(dagster: HealthServer) -> None:
    host, port = dagster.url.removeprefix("http://").split(":")
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    with (
        socket.create_connection((host, int(port)), 20) as slow,
        websocket(dagster, dagster.url, **bearer) as quiet,
    ):
        slow.sendall(b"POST /graphql HTTP/1.1\r\nHost: localhost\r\n")
        assert slow.recv(100) == b""
        time.sleep(REQUEST_SECONDS / 4)
        assert says_hello(quiet)


def test_guessing_is_slowed_down_and_the_right_token_still_passes(dagster: HealthServer) -> None:
    guesses = [
        requests.post(
            f"{dagster.url}/graphql", headers={"Authorization": f"Bearer {n}"}, timeout=20
        ).status_code
        for n in range(30)
    ]
    assert guesses[-1] == 429
    form = requests.post(f"{dagster.url}/admin/login", data={"token": "wrong"}, timeout=20)
    assert form.status_code == 429
    assert dagster.get("/server_info").status_code == 200
    assert logged_in(dagster).cookies["meta_ads_session"]


def test_in_a_browser_a_run_is_launched_and_followed_after_logging_in(
    dagster: HealthServer,
) -> None:
    before = len(runs_of_job(dagster))
    with browsing() as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        own = dagster.url, dagster.url.replace("http", "ws"), f"blob:{dagster.url}"
        watched = Watched(page, own)
        followed: list[str] = []
        page.on(
            "websocket",
            lambda socket: socket.on("framereceived", lambda f: followed.append(str(f))),
        )
        page.goto(f"{dagster.url}/asset-groups?open-nodes=x")
        page.get_by_label("Admin token").fill(TOKEN)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/asset-groups?open-nodes=x")
        # The graph is laid out by a script of its own, in the background.
        expect(page.get_by_role("button", name="marts marts")).to_be_visible(timeout=30_000)
        page.goto(f"{dagster.url}/locations/orchestration.definitions/jobs/{JOB}/playground")
        page.get_by_role("button", name="Launch Run").click()
        page.wait_for_url("**/runs/*", timeout=30_000)
        expect(page.get_by_text("Success", exact=True).first).to_be_visible(timeout=30_000)
        assert eventually(lambda: "RunSuccess" in waited(page, followed))
    assert len(runs_of_job(dagster)) == before + 1
    assert watched.strangers == []
    assert [said for said in watched.errors if "Security Policy" in said] == []


def runs_of_job(dagster: HealthServer) -> list[Any]:
    query = '{ runsOrError(filter: {pipelineName: "%s"}) { ... on Runs { results { runId } } } }'
    runs: list[Any] = ask(dagster, query % JOB)["runsOrError"]["results"]
    return runs
