"""Reads the pages of an edge, one after the other, until an answer has no `next`.

An empty or short page is not the end. The address in `next` is never opened: only its cursor is
used, and only if the address leads to the same API.
"""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from orchestration.meta_api.errors import PagingError

META_HOST = "graph.facebook.com"

Row = dict[str, Any]
Ask = Callable[[dict[str, str]], dict[str, Any]]


class Pager:
    """Asks for page after page; after an error the same page can be asked for in another size.

    Args:
        what: names the pages in errors.
        ask: makes the call with the page's own parameters, `limit` and `after`.
        base_url: of the API; `next` has to lead there, or to Meta behind a proxy.
    """

    def __init__(self, what: str, ask: Ask, base_url: str) -> None:
        self._what, self._ask = what, ask
        self._hosts = {urlsplit(base_url).netloc, META_HOST}
        self._after: str | None = None
        self._seen: set[str] = set()
        self.is_finished = False

    def page(self, rows: int) -> list[Row]:
        """The next page, of at most `rows` rows.

        Raises:
            PagingError: a cursor came a second time, or `next` leads to another server.
            MetaApiError: the call failed; the next call of `page` asks for the same page.
        """
        cursor = {"after": self._after} if self._after else {}
        answer = self._ask({"limit": str(rows), **cursor})
        following = self._next_cursor(answer)
        if following is None:
            self.is_finished = True
        elif following in self._seen:
            raise PagingError(f"the pages of {self._what} have no end: a cursor came twice")
        else:
            self._seen.add(following)
            self._after = following
        data: list[Row] = answer["data"]
        return data

    def pages(self, rows: int) -> Iterator[list[Row]]:
        """All remaining pages, of at most `rows` rows each."""
        while not self.is_finished:
            yield self.page(rows)

    def _next_cursor(self, answer: dict[str, Any]) -> str | None:
        paging = answer.get("paging")
        following = paging.get("next") if isinstance(paging, dict) else None
        if not following:
            return None
        url = urlsplit(str(following))
        if url.netloc not in self._hosts:
            raise PagingError(f"the next page of {self._what} is on another server: refused")
        cursors = paging.get("cursors") if isinstance(paging, dict) else None
        cursor = cursors.get("after") if isinstance(cursors, dict) else None
        cursor = cursor or parse_qs(url.query).get("after", [None])[0]
        if not cursor:
            raise PagingError(f"the next page of {self._what} has no cursor")
        return str(cursor)
