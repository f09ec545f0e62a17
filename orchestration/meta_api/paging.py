"""The pages of an edge, one after the other: only a missing `next` ends them.

An empty page does not, nor does a short one. `next` itself is never opened: what is taken of it is
the cursor, and only if it leads back to the same API.
"""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from orchestration.meta_api.errors import PagingError

META_HOST = "graph.facebook.com"

Row = dict[str, Any]
Ask = Callable[[dict[str, str]], dict[str, Any]]


class Pager:
    """Walks the pages; after an error the same page can be asked for again, larger or smaller.

    Args:
        what: names the pages in errors.
        ask: makes the call with the page's own parameters, `limit` and `after`.
        base_url: the API's; `next` has to lead there, or to Meta behind a proxy.
    """

    def __init__(self, what: str, ask: Ask, base_url: str) -> None:
        self._what, self._ask = what, ask
        self._hosts = {urlsplit(base_url).netloc, META_HOST}
        self._after: str | None = None
        self._seen: set[str] = set()
        self.is_finished = False

    def page(self, rows: int) -> list[Row]:
        """The next page, of at most so many rows.

        Raises:
            PagingError: a cursor came a second time, or leads to another server.
            MetaApiError: of the call; the pager stays where it was.
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
        """All pages that are left, of at most so many rows each."""
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
