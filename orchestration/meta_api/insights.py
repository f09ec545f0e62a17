"""Reads rows of the insights edge; a query that is too heavy is asked for in smaller parts.

First the page gets smaller, then the range of days, then a report run is started, then the
campaigns are asked for separately. Each way gives the same rows. Meta may answer "unknown error" or
time out when a query is too heavy: the answers to lighter queries tell this from an outage.
"""

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

from orchestration.meta_api.calls.graph import Graph
from orchestration.meta_api.calls.request import Call
from orchestration.meta_api.errors import MetaApiError, ReportFailedError, TooMuchDataError
from orchestration.meta_api.fields import KEYS
from orchestration.meta_api.paging import Pager, Row
from orchestration.meta_api.query import InsightsQuery
from orchestration.meta_api.reports import ReportRun, report_start

PAGE_ROWS = 1000
"""Rows asked for in one page; halved while Meta answers that it is too much data."""
SMALLEST_PAGE_ROWS = 25
DIVISOR_IN_DISGUISE = 4
"""The page is divided by this where Meta does not say that it is too heavy: each attempt may meet
an outage, so fewer are made."""
CAMPAIGNS_OF_A_CALL = 50
"""Ids in one filter: more of them make a URL that servers refuse."""

Pages = Iterator[list[Row]]
Subject = tuple[str, str]
"""Account and level: what is learned about sizes holds for both together."""
log = logging.getLogger(__name__)


class InsightsReader:
    """Reads queries; remembers for each account and level which sizes worked."""

    def __init__(self, graph: Graph, campaign_ids: Callable[[str], Sequence[str]]) -> None:
        self.duplicates = 0
        self._graph = graph
        self._campaign_ids = campaign_ids
        self._page_rows: dict[Subject, int] = {}
        self._group_sizes: dict[Subject, int] = {}
        self._disguised: set[Subject] = set()
        self._only_reports: set[Subject] = set()

    def read(self, query: InsightsQuery) -> Pages:
        """Pages of rows, each row once."""
        seen: set[int] = set()
        page_before: Sequence[Row] = ()
        for rows in self._ranges(query):
            # Only now: most answers have one page, whose keys nobody needs.
            seen.update(_keys(page_before, query.level))
            new, page_before = _new_rows(rows, query.level, seen), rows
            self.duplicates += len(rows) - len(new)
            if new:
                yield new
        if self.duplicates:
            log.warning("%s: %d rows came twice", query.account_id, self.duplicates)

    def _ranges(self, query: InsightsQuery) -> Pages:
        """The rows of all days at once, or of one half of the days after the other."""
        subject = _subject(query)
        reason: MetaApiError | None = None
        if subject not in self._only_reports:
            try:
                yield from self._pages(query)
                return
            except TooMuchDataError as error:
                reason = error
        if query.days == 1:
            yield from self._report(query)
            return
        if subject in self._only_reports:
            try:
                yield from ReportRun(self._graph, query).rows()
                return
            except TooMuchDataError as error:
                reason = error
        assert reason is not None
        log.warning(
            "%s: %s; %d days are asked for in two parts", *_about(query, reason), query.days
        )
        for half in query.halves():
            yield from self._ranges(half)

    def _pages(self, query: InsightsQuery) -> Pages:
        """The pages of one query; the page gets smaller as often as that may help."""
        subject = _subject(query)
        pager = Pager(
            query.edge,
            lambda page: self._graph.call(self._page_call(query, page)),
            self._graph.base_url,
        )
        size, ceiling = self._page_rows.get(subject, PAGE_ROWS), PAGE_ROWS
        while not pager.is_finished:
            try:
                rows = pager.page(size)
            except TooMuchDataError as error:
                size = ceiling = self._smaller_page(subject, size, error)
                continue
            # Grows again where an earlier query needed small pages and this one may not.
            self._page_rows[subject], size = size, min(size * 2, ceiling)
            yield rows

    def _smaller_page(self, subject: Subject, size: int, error: TooMuchDataError) -> int:
        """The size of a page that may work.

        Raises:
            TooMuchDataError: a smaller page does not help, or there is none.
        """
        if error.in_disguise:
            self._disguised.add(subject)
        if error.only_reports:
            self._only_reports.add(subject)
        divisor = DIVISOR_IN_DISGUISE if error.in_disguise else 2
        smaller = max(size // divisor, SMALLEST_PAGE_ROWS)
        if not error.by_page or error.only_reports or size == smaller:
            raise error
        self._page_rows[subject] = smaller
        log.warning("%s: too much data, the page becomes %d rows", subject[0], smaller)
        return smaller

    def _page_call(self, query: InsightsQuery, page: dict[str, str]) -> Call:
        """The call for one page, with lighter questions that show whether it is too heavy."""
        account = query.account_id
        call = Call(path=query.edge, params={**query.params(), **page}, account=account)
        if _subject(query) in self._disguised:
            return replace(call, may_be_too_heavy=True)
        least = {**query.first_day().params(), "limit": str(SMALLEST_PAGE_ROWS)}
        lightest = Call(path=query.edge, params=least, account=account)
        return replace(call, smaller=(lightest, report_start(query)))

    def _report(self, query: InsightsQuery) -> Pages:
        """One day by a report run, or divided by campaigns where that was needed before."""
        reason: MetaApiError | None = None
        is_of_some = query.campaign_ids is not None or query.campaign_id is not None
        if is_of_some or _subject(query) not in self._group_sizes:
            try:
                yield from ReportRun(self._graph, query).rows()
                return
            except (TooMuchDataError, ReportFailedError) as error:
                reason = error
            if query.level == "account" or is_of_some:
                raise reason
            log.warning("%s: %s; its campaigns are asked for separately", *_about(query, reason))
        yield from self._by_campaigns(query, reason)

    def _by_campaigns(self, query: InsightsQuery, reason: MetaApiError | None) -> Pages:
        """One day, a group of campaigns at a time.

        Raises:
            MetaApiError: `reason`, where there are no campaigns to divide the query by.
        """
        ids = self._campaign_ids(query.account_id)
        if len(ids) <= 1 and reason is not None:
            raise reason
        first_size = min(CAMPAIGNS_OF_A_CALL, max(1, len(ids) // 2))
        size = self._group_sizes.setdefault(_subject(query), first_size)
        for start in range(0, len(ids), size):
            yield from self._campaigns(query.of_campaigns(ids[start : start + size]))

    def _campaigns(self, query: InsightsQuery) -> Pages:
        """One day of some campaigns: at once, in two halves, or as a report of a single one."""
        try:
            yield from self._pages(query)
            return
        except TooMuchDataError as error:
            reason = error
        ids = query.campaign_ids or ()
        if len(ids) == 1:
            yield from self._report(query)
            return
        log.warning("%s: %s; %d campaigns in two parts", *_about(query, reason), len(ids))
        subject, middle = _subject(query), len(ids) // 2
        self._group_sizes[subject] = min(self._group_sizes.get(subject, middle), max(1, middle))
        for half in (ids[:middle], ids[middle:]):
            yield from self._campaigns(query.of_campaigns(half))


def _subject(query: InsightsQuery) -> Subject:
    return query.account_id, query.level


def _about(query: InsightsQuery, reason: MetaApiError) -> tuple[str, str]:
    return f"{query.account_id} {query.level} {query.since}..{query.until}", str(reason)


def _new_rows(rows: Sequence[Row], level: str, seen: Collection[int]) -> list[Row]:
    """The rows whose key was on no earlier page.

    Two rows with one key on the same page are not caused by paging: the gate has to see them.
    """
    if not seen:
        return [*rows]
    return [row for row, key in zip(rows, _keys(rows, level), strict=True) if key not in seen]


def _keys(rows: Sequence[Row], level: str) -> list[int]:
    return [
        hash(tuple(str(row.get(name)) for name in ("date_start", "date_stop", *KEYS[level])))
        for row in rows
    ]
