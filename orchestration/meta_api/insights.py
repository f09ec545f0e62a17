"""Rows of the insights edge, whatever it takes: what is too heavy is asked for in smaller parts.

First the page gets smaller, then the range of days, then a report run is started, then the
campaigns are asked for apart. The rows are the same on every way. Meta may say "unknown error" or
time out where it means too much: what is answered to lighter questions tells it from an outage.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from orchestration.meta_api.errors import MetaApiError, ReportFailedError, TooMuchDataError
from orchestration.meta_api.fields import KEYS
from orchestration.meta_api.graph import Asked, Graph
from orchestration.meta_api.paging import Pager, Row
from orchestration.meta_api.query import InsightsQuery
from orchestration.meta_api.reports import ReportRun

PAGE_ROWS = 1000
"""Rows asked for in one page; halved while Meta answers that it is too much data."""
SMALLEST_PAGE_ROWS = 25
PARTS_IN_DISGUISE = 4
"""... by this much where Meta does not say that it is too much: each try may be an outage."""
CAMPAIGNS_OF_A_CALL = 50
"""Ids in one filter: more of them make a URL that servers refuse."""

Pages = Iterator[list[Row]]
log = logging.getLogger(__name__)


class InsightsReader:
    """Reads queries; remembers for each account and level what sizes went well."""

    def __init__(self, graph: Graph, campaign_ids: Callable[[str], Sequence[str]]) -> None:
        self.duplicates = 0
        self._graph = graph
        self._campaign_ids = campaign_ids
        self._page_rows: dict[tuple[str, str], int] = {}
        self._group: dict[tuple[str, str], int] = {}
        self._disguised: set[tuple[str, str]] = set()
        self._only_reports: set[tuple[str, str]] = set()

    def read(self, query: InsightsQuery) -> Pages:
        """Pages of rows, each row once."""
        seen: set[int] = set()
        for rows in self._ranges(query):
            fresh = _fresh(rows, query.level, seen)
            self.duplicates += len(rows) - len(fresh)
            if fresh:
                yield fresh
        if self.duplicates:
            log.warning("%s: %d rows came twice", query.account_id, self.duplicates)

    def _ranges(self, query: InsightsQuery) -> Pages:
        known = (query.account_id, query.level)
        reason: MetaApiError | None = None
        if known not in self._only_reports:
            try:
                yield from self._pages(query)
                return
            except TooMuchDataError as error:
                reason = error
        if query.days == 1:
            yield from self._report(query)
            return
        if known in self._only_reports:
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
        account, known = query.account_id, (query.account_id, query.level)
        pager = Pager(
            query.edge,
            lambda page: self._graph.call(self._asked(query, page)),
            self._graph.base_url,
        )
        size, ceiling = self._page_rows.get(known, PAGE_ROWS), PAGE_ROWS
        while not pager.is_finished:
            try:
                rows = pager.page(size)
            except TooMuchDataError as error:
                if error.in_disguise:
                    self._disguised.add(known)
                if error.only_reports:
                    self._only_reports.add(known)
                parts = PARTS_IN_DISGUISE if error.in_disguise else 2
                smaller = max(size // parts, SMALLEST_PAGE_ROWS)
                if not error.by_page or error.only_reports or size == smaller:
                    raise
                self._page_rows[known] = smaller
                log.warning("%s: too much data, the page becomes %d rows", account, smaller)
                size = ceiling = smaller
                continue
            # Grows again where an earlier query needed small pages and this one may not.
            self._page_rows[known], size = size, min(size * 2, ceiling)
            yield rows

    def _asked(self, query: InsightsQuery, page: dict[str, str]) -> Asked:
        """One page, with what to ask where its answer leaves in doubt whether it is too heavy."""
        account = query.account_id
        whole = Asked(query.edge, {**query.params(), **page}, account)
        if (account, query.level) in self._disguised:
            return replace(whole, gives_way=True)
        least = {**query.first_day().params(), "limit": str(SMALLEST_PAGE_ROWS)}
        lightest = Asked(query.edge, least, account)
        report = Asked(query.edge, query.params(), account, "report_run_id", "POST")
        return replace(whole, smaller=(lightest, report))

    def _report(self, query: InsightsQuery) -> Pages:
        """One day by a report run; without another of its kind where campaigns had to be parted."""
        known = (query.account_id, query.level)
        reason: MetaApiError | None = None
        of_some = query.campaign_ids is not None or query.campaign_id is not None
        if of_some or known not in self._group:
            try:
                yield from ReportRun(self._graph, query).rows()
                return
            except (TooMuchDataError, ReportFailedError) as error:
                reason = error
            if query.level == "account" or of_some:
                raise reason
            log.warning("%s: %s; its campaigns are asked for apart", *_about(query, reason))
        yield from self._parted(query, reason)

    def _parted(self, query: InsightsQuery, reason: MetaApiError | None) -> Pages:
        known = (query.account_id, query.level)
        ids = self._campaign_ids(query.account_id)
        if len(ids) <= 1 and reason is not None:
            raise reason
        count = self._group.setdefault(known, min(CAMPAIGNS_OF_A_CALL, max(1, len(ids) // 2)))
        for first in range(0, len(ids), count):
            yield from self._campaigns(query.of_campaigns(ids[first : first + count]))

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
        known, middle = (query.account_id, query.level), len(ids) // 2
        self._group[known] = min(self._group.get(known, middle), max(1, middle))
        for half in (ids[:middle], ids[middle:]):
            yield from self._campaigns(query.of_campaigns(half))


def _about(query: InsightsQuery, reason: MetaApiError) -> tuple[str, str]:
    return f"{query.account_id} {query.level} {query.since}..{query.until}", str(reason)


def _fresh(rows: Sequence[Row], level: str, seen: set[int]) -> list[Row]:
    """The rows whose key no earlier page had.

    Two rows of one page under one key are no matter of paging: the gate has to see them.
    """
    keys = [
        hash(tuple(str(row.get(name)) for name in ("date_start", "date_stop", *KEYS[level])))
        for row in rows
    ]
    fresh = [row for row, key in zip(rows, keys, strict=True) if key not in seen]
    seen.update(keys)
    return fresh
