"""The dashboard of the demo: one address, behind which each morning has a server of its own.

Each application reads the settings, and so the time of META_ADS_NOW, once. A new one takes over
when a day is done, and the one before ends a day later, so that no request of a browser fails.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager

from fastapi import FastAPI
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from orchestration.errors import MetaAdsError, UsageError
from orchestration.process.listener import listener
from orchestration.settings import Settings
from orchestration.web.app import health_app
from orchestration.web.http_server import serve_on

HOST = "127.0.0.1"
REFRESH_SECONDS = 2
"""How often an open page asks for what is new: a day of the demo takes a few seconds."""
START_SECONDS = 20


class Page:
    """An application that hands each request to the application of the day."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._apps: list[tuple[FastAPI, AsyncExitStack]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_up = threading.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; the server's own start and end are answered here."""
        if scope["type"] != "lifespan":
            too_early = PlainTextResponse("The demo begins in a moment.", 503)
            await (self._apps[-1][0] if self._apps else too_early)(scope, receive, send)
            return
        await receive()
        self._loop = asyncio.get_running_loop()
        await send({"type": "lifespan.startup.complete"})
        self._is_up.set()
        await receive()
        await self._end(keep=0)
        await send({"type": "lifespan.shutdown.complete"})

    def show(self, settings: Settings) -> None:
        """Serve what these settings see from now on."""
        if not self._is_up.wait(START_SECONDS) or self._loop is None:
            raise MetaAdsError("The dashboard of the demo did not start: is the machine very busy?")
        asyncio.run_coroutine_threadsafe(self._show(settings), self._loop).result()

    async def _show(self, settings: Settings) -> None:
        app, stack = health_app(settings), AsyncExitStack()
        app.state.refresh_seconds = REFRESH_SECONDS
        await stack.enter_async_context(app.router.lifespan_context(app))
        self._apps.append((app, stack))
        await self._end(keep=2)

    async def _end(self, *, keep: int) -> None:
        """End the oldest applications."""
        while len(self._apps) > keep:
            _, stack = self._apps.pop(0)
            await stack.aclose()


@contextmanager
def open_page(settings: Settings, port: int) -> Iterator[Page]:
    """Serve the dashboard on this port of loopback, or on a free one where it is taken."""
    try:
        bound = listener(HOST, port)
    except UsageError:
        bound = listener(HOST, 0)
    stops = threading.Event()
    with bound:
        page = Page(f"http://{HOST}:{bound.getsockname()[1]}")
        server = threading.Thread(
            target=serve_on,
            args=(settings, page, bound),
            kwargs={"is_announced": False, "should_stop": stops.is_set},
        )
        server.start()
        try:
            yield page
        finally:
            stops.set()
            server.join()
