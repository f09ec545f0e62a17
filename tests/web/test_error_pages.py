"""A browser gets pages, also for errors; programs get JSON. The first address leads somewhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import worlds
from databases import Warehouse
from servers import TOKEN, HealthServer, serving

ROOT = Path(__file__).parents[2]
HTML = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture(scope="module")
def open_server(world: Warehouse) -> Iterator[HealthServer]:
    worlds.healthy(world)
    with serving(world) as server:
        yield server


def is_page(answer: requests.Response) -> bool:
    is_html = answer.headers["content-type"].startswith("text/html")
    assert is_html == answer.text.startswith("<!DOCTYPE html>")
    assert answer.headers["content-security-policy"]
    return is_html


def test_the_bare_address_leads_to_the_dashboard(open_server: HealthServer) -> None:
    answer = open_server.get("/", headers=HTML)
    assert answer.status_code == 200
    assert answer.url == f"{open_server.url}/admin/monitoring"


@pytest.mark.parametrize("path", ["/nothing", "/admin/nothing", "/static/nothing.css"])
def test_what_is_not_there_is_a_page_for_a_browser_and_json_for_programs(
    open_server: HealthServer, path: str
) -> None:
    page, document = open_server.get(path, headers=HTML), open_server.get(path)
    assert (page.status_code, document.status_code) == (404, 404)
    assert is_page(page)
    assert "Not found" in page.text
    assert list(document.json()) == ["error"]


def test_a_page_that_takes_no_such_request_says_so(open_server: HealthServer) -> None:
    url = f"{open_server.url}/admin/monitoring"
    page = requests.post(url, headers=HTML, timeout=20)
    assert page.status_code == 405
    assert is_page(page)
    assert "This page does not take this kind of request." in page.text


@pytest.mark.parametrize("path", ["/openapi.json", "/metrics", "/healthz", "/readyz"])
def test_what_programs_read_refuses_with_json_as_the_docs_say(
    open_server: HealthServer, path: str
) -> None:
    answer = requests.post(open_server.url + path, headers=HTML, timeout=20)
    assert answer.status_code == 405
    assert list(answer.json()) == ["error"]
    said = (ROOT / "docs" / "health_api.md").read_text("utf-8")
    assert f"`{path}`" in said.partition('Errors are `{"error": "..."}`')[2]


@pytest.mark.parametrize("path", ["/api/nothing", "/api/admin/data-health/clients/nobody"])
def test_an_api_answers_with_json_whoever_asks(open_server: HealthServer, path: str) -> None:
    answer = open_server.get(path, headers=HTML)
    assert answer.status_code == 404
    assert list(answer.json()) == ["error"]


def test_an_unexpected_error_is_a_page_without_the_inside(warehouse: Warehouse) -> None:
    worlds.healthy(warehouse)
    with serving(warehouse) as server:
        warehouse.execute("drop view ops.recovery_log cascade")
        path = "/admin/monitoring/clients/acme"
        page, document = server.get(path, headers=HTML), server.get(path)
    assert (page.status_code, document.status_code) == (500, 500)
    assert is_page(page)
    assert "recovery_log" not in page.text + document.text
    assert page.headers["x-frame-options"] == "DENY"
    assert list(document.json()) == ["error"]


def test_who_is_refused_gets_a_page_in_a_browser(world: Warehouse) -> None:
    with serving(world, TOKEN, META_ADS_KPI_TOKENS="a-token-for-kpis-only=*") as server:
        unknown = requests.get(f"{server.url}/", headers=HTML, timeout=20)
        bearer = {"Authorization": "Bearer a-token-for-kpis-only"}
        url = f"{server.url}/admin/monitoring"
        page = requests.get(url, headers=HTML | bearer, timeout=20)
        document = requests.get(url, headers=bearer, timeout=20)
        assert requests.get(f"{server.url}/", timeout=20).json()["error"].startswith("a token")
    assert unknown.status_code == 401
    assert "Admin token" in unknown.text
    assert (page.status_code, document.status_code) == (403, 403)
    assert is_page(page)
    assert "This token reads the KPIs of clients only" in page.text
    assert list(document.json()) == ["error"]
