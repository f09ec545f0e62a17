"""Faults of paging: odd pages and wrong links; only `after_ends_early` loses rows."""

from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from orchestration.sandbox.faults.service.kind import (
    Apply,
    Extent,
    ServiceKind,
    TrueAnswer,
    reads_a_page,
)
from orchestration.sandbox.wire.call import Call
from orchestration.sandbox.wire.cursors import cursor
from orchestration.sandbox.wire.envelope import json_response

FOREIGN = "https://evil.example"
OVERLAP_ROWS = 2
Page = dict[str, Any]


def _leading(call: Call, page: Page, after: str) -> Page:
    """The page with another cursor for the next one."""
    before = page.get("paging", {}).get("cursors", {}).get("before", after)
    paging = {"cursors": {"before": before, "after": after}, "next": call.link(after=after)}
    return {**page, "paging": paging}


def _has_next(page: Page) -> bool:
    return "next" in page.get("paging", {})


def _empty_page(call: Call, page: Page) -> Page:
    if call.place.mark:
        return page
    return _leading(call, {"data": []}, cursor(call.start - 1, "e"))


def _duplicated_page(call: Call, page: Page) -> Page:
    if call.place.mark or not page["data"]:
        return page
    return _leading(call, page, cursor(call.start - 1, "2"))


def _overlapping_pages(call: Call, page: Page) -> Page:
    again = min(OVERLAP_ROWS, len(page["data"]) - 1)
    if not _has_next(page) or again < 1:
        return page
    return _leading(call, page, cursor(call.start + len(page["data"]) - 1 - again))


def _repeated_cursor(call: Call, page: Page) -> Page:
    again = call.params.get("after")
    if not again and not _has_next(page):
        return page
    return _leading(call, page, again or page["paging"]["cursors"]["after"])


def _page_loop(call: Call, page: Page) -> Page:
    return _leading(call, page, cursor(-1, "l")) if _has_next(page) else page


def _foreign_next(call: Call, page: Page) -> Page:
    if not _has_next(page):
        return page
    link = call.link(after=page["paging"]["cursors"]["after"])
    return {**page, "paging": {**page["paging"], "next": link.replace(call.root, FOREIGN)}}


def _no_cursor(_call: Call, page: Page) -> Page:
    return {**page, "paging": {"next": page["paging"]["next"]}} if _has_next(page) else page


def _next_without_after(call: Call, page: Page) -> Page:
    return {**page, "paging": {"next": call.link(after=None)}} if _has_next(page) else page


def _changed(description: str, change: Callable[[Call, Page], Page]) -> ServiceKind:
    async def apply(call: Call, _extent: Extent, true_answer: TrueAnswer) -> Response:
        return json_response(change(call, true_answer(call)))

    return _paging(description, apply)


def _paging(description: str, apply: Apply) -> ServiceKind:
    return ServiceKind(family="paging", description=description, apply=apply, concerns=reads_a_page)


async def _short_pages(call: Call, _extent: Extent, true_answer: TrueAnswer) -> Response:
    return json_response(true_answer(call.with_params(limit=str(max(1, call.limit // 2)))))


async def _after_ends_early(call: Call, _extent: Extent, true_answer: TrueAnswer) -> Response:
    page = true_answer(call)
    if _has_next(page):
        cursors = page["paging"]["cursors"]
        following = true_answer(call.with_params(after=cursors["after"]))
        if not _has_next(following):
            page = {**page, "paging": {"cursors": cursors}}
    return json_response(page)


PAGING_KINDS: dict[str, ServiceKind] = {
    "empty_page": _changed("an empty page with a next one before every page", _empty_page),
    "short_pages": _paging("pages hold half of the rows asked for", _short_pages),
    "duplicated_page": _changed("every page comes twice, with two cursors", _duplicated_page),
    "overlapping_pages": _changed(
        "every page begins with the last two rows of the one before", _overlapping_pages
    ),
    "repeated_cursor": _changed("the next cursor is the one just used, for ever", _repeated_cursor),
    "page_loop": _changed("the next cursor leads back to the first page", _page_loop),
    "foreign_next": _changed("the next page is on another server", _foreign_next),
    "no_cursor": _changed("next without cursors; its address still has after", _no_cursor),
    "next_without_after": _changed("next whose address has no after", _next_without_after),
    "after_ends_early": _paging("the last page is lost: next ends before it", _after_ends_early),
}
