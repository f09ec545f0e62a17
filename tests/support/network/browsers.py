"""Debian's Chromium for the tests of the dashboard; without it they say so, loudly."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright
from programs import CHROMIUM, path_of

# Nothing is asked of other hosts by the browser itself.
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def browsing() -> Iterator[Browser]:
    """A headless browser with an empty profile."""
    path = path_of(CHROMIUM)
    with tempfile.TemporaryDirectory(prefix="chromium-") as home, sync_playwright() as driver:
        environment = os.environ | {"HOME": home}
        browser = driver.chromium.launch(
            executable_path=path, args=list(QUIET), env=dict(environment)
        )
        yield browser
        browser.close()


class Watched:
    """A page, with what it logged and whom it asked."""

    def __init__(self, page: Page, own: str | tuple[str, ...]) -> None:
        self.page, self.own = page, (own,) if isinstance(own, str) else own
        self.errors: list[str] = []
        self.strangers: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._asked)

    def _heard(self, message: object) -> None:
        if getattr(message, "type", "") in ("error", "warning"):
            self.errors.append(str(getattr(message, "text", "")))

    def _asked(self, request: object) -> None:
        url = str(getattr(request, "url", ""))
        if not url.startswith((*self.own, "data:")):
            self.strangers.append(url)
