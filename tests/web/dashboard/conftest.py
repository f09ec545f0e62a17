"""The dashboard in Debian's Chromium, over a warehouse with something of everything."""

from collections.abc import Iterator

import pytest
from browsers import Watched, browsing
from dashboard_world import log_in, put_everything
from databases import Warehouse, database
from playwright.sync_api import Browser, Page
from servers import TOKEN, HealthServer, serving

from orchestration.warehouse.embedded.server import EmbeddedServer


@pytest.fixture(scope="session")
def world(
    server: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Warehouse]:
    with database(server, template) as url:
        yield Warehouse(url, tmp_path_factory.mktemp("dashboard"))


@pytest.fixture(scope="session")
def guarded(world: Warehouse) -> Iterator[HealthServer]:
    """A server of that warehouse, with an admin token."""
    with serving(world, TOKEN) as server:
        yield server


@pytest.fixture(scope="module", autouse=True)
def _everything(world: Warehouse) -> None:
    """Each file begins with the same data."""
    put_everything(world)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for each file: Playwright allows no other event loop while it is open."""
    with browsing() as browser:
        yield browser


@pytest.fixture
def opened(browser: Browser, guarded: HealthServer) -> Iterator[Page]:
    """A page that has logged in; the test fails if it logs an error or asks another host."""
    context = browser.new_context(color_scheme="light")
    page = context.new_page()
    watched = Watched(page, guarded.url)
    log_in(page, guarded)
    # The browser logs the 401 of the login page.
    watched.errors.clear()
    yield page
    context.close()
    assert watched.errors == []
    assert watched.strangers == []
