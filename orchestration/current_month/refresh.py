"""The running month so far: what is published of it, and the days after that collected just now.

The same gate judges the answer; nothing of it is kept but one row per client of
`serving.current_month_cache`, so no receipt says that today was collected.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

import orjson

from expectations.catalogue import RULES
from orchestration.answers.families import Counting, counted_families
from orchestration.answers.results import with_all_results
from orchestration.answers.window import Window
from orchestration.clients.model import Client
from orchestration.collection.apart import apart, judge_apart
from orchestration.collection.fetcher import Fetcher, check_tokens, usage_of_clients
from orchestration.current_month.cache import (
    CacheRow,
    Figures,
    PublishedPart,
    RunningMonth,
    note_refresh,
    published_part,
    running_months,
    write_row,
)
from orchestration.meta_api.client import AccountFacts
from orchestration.meta_api.errors import (
    AccountChangedError,
    MetaApiError,
    UnusableAnswerError,
)
from orchestration.progress import Progress, Silent
from orchestration.quality.answer import Answer
from orchestration.quality.rows.sums import sums_by_day
from orchestration.quality.verdict import Verdict
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection, connect
from orchestration.warehouse.intake.readings import load_history
from orchestration.warehouse.ledger.api_usage import note_usage
from orchestration.warehouse.ledger.clients import KnownClient, known_clients
from orchestration.warehouse.ledger.summary import has_marts

GROUP_CLIENTS = 24
"""Answers judged together, as in the collection."""
NO_BATCH = 0
"""Nothing of the answer lands, so that it belongs to no batch."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Refreshed:
    """How the refreshes ended: errors by client, and how many calls they took."""

    fresh: list[str]
    errors: dict[str, str]
    calls: int


@dataclass
class _Task:
    """A client's running month in hand."""

    client: Client
    known: KnownClient
    running: RunningMonth
    part: PublishedPart | None
    begun_at: datetime

    @property
    def since(self) -> date:
        """The first day that is not published and that the ad account is asked for."""
        published = self.part.received_until if self.part else None
        first = self.running.first_day
        return max(published + timedelta(days=1), first) if published else first

    @property
    def window(self) -> Window | None:
        """The days to ask for; None where all are published."""
        if self.since > self.running.today:
            return None
        return Window(self.running.client_id, self.since, self.running.today)


def refresh_current_month(
    settings: Settings,
    clients: Sequence[Client],
    only: Sequence[str] = (),
    progress: Progress | None = None,
) -> Refreshed:
    """Make the rows of all clients that advertise today, or of those named, new.

    A client whose answer fails keeps its row; why stands in `serving.cache_refreshes`. Calls are
    tried again within their own policy and budget, and nothing else repeats them.

    Raises:
        UsageError: no token is set at all.
        UnreachableError: the warehouse cannot be reached.
    """
    check_tokens(settings, clients)
    by_id = {c.client_id: c for c in clients if not only or c.client_id in only}
    progress = progress or Silent()
    done = Refreshed([], {}, 0)
    fetcher = Fetcher(settings)
    pool = ThreadPoolExecutor(settings.concurrency, thread_name_prefix="meta-api")
    try:
        with connect(settings, autocommit=True) as connection:
            waiting = running_months(connection, list(by_id))
            progress.stage("Refreshing the running month", len(waiting))
            known = {k.client_id: k for k in known_clients(connection, list(by_id))}
            is_built = has_marts(connection)
            for group in _groups(waiting):
                tasks = [
                    _Task(
                        by_id[running.client_id],
                        known[running.client_id],
                        running,
                        published_part(connection, running) if is_built else None,
                        datetime.now(UTC),
                    )
                    for running in group
                ]
                _refresh(connection, fetcher, pool, tasks, done)
                progress.step("", len(group))
            note_usage(connection, usage_of_clients(fetcher, by_id.values()))
    except BaseException:
        fetcher.cancel()
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return replace(done, calls=fetcher.calls)


def _groups(waiting: Sequence[RunningMonth]) -> Iterator[list[RunningMonth]]:
    left = iter(waiting)
    while group := list(islice(left, GROUP_CLIENTS)):
        yield group


def _refresh(
    connection: Connection,
    fetcher: Fetcher,
    pool: ThreadPoolExecutor,
    tasks: Sequence[_Task],
    done: Refreshed,
) -> None:
    answered: list[tuple[_Task, Answer]] = []
    for task, answer in zip(tasks, pool.map(lambda t: _ask(fetcher, t), tasks), strict=True):
        if isinstance(answer, MetaApiError):
            _fail(connection, task, answer, done)
        elif answer is None:
            _write(connection, task, None, None, done)
        else:
            answered.append((task, answer))
    verdicts = _judged(connection, [answer for _, answer in answered])
    for (task, answer), verdict in zip(answered, verdicts, strict=True):
        if isinstance(verdict, MetaApiError) or not _torn(answer, verdict):
            _write(connection, task, answer, verdict, done)
            continue
        # Read once more: two calls saw two moments, or the answer is split.
        again = _ask(fetcher, task)
        if isinstance(again, MetaApiError):
            _fail(connection, task, again, done)
        elif again is not None:
            _write(connection, task, again, _judged(connection, [again])[0], done)


def _ask(fetcher: Fetcher, task: _Task) -> Answer | MetaApiError | None:
    if task.window is None:
        return None
    client, known = task.client, task.known
    if client.ad_account_id != known.ad_account_id:
        later = f"the clients file names {client.ad_account_id}: the next collection takes it"
        return AccountChangedError(known.account_refused or later)
    facts = AccountFacts(
        client.ad_account_id, client.name, known.currency or "", known.timezone_name or "UTC"
    )
    campaigns_only = client.model_copy(update={"levels": ("campaign",)})
    try:
        return fetcher.answer(campaigns_only, task.window, NO_BATCH, facts)
    except MetaApiError as error:
        return error


def _judged(
    connection: Connection, answers: Sequence[Answer]
) -> list[Verdict | UnusableAnswerError]:
    for answer in answers:
        window = answer.window
        answer.history = load_history(connection, window.client_id, window.since, window.until)
    return judge_apart(answers)


def _torn(answer: Answer, verdict: Verdict) -> set[date]:
    """Running days whose campaigns came without what the account has."""
    return {
        v.date_day
        for v in verdict.violations
        if RULES[v.rule].spoils_running_day
        and v.date_day
        and v.date_day > answer.account.finished_until
    }


def _write(
    connection: Connection,
    task: _Task,
    answer: Answer | None,
    verdict: Verdict | UnusableAnswerError | None,
    done: Refreshed,
) -> None:
    """The row of a client, or why there is none."""
    try:
        if isinstance(verdict, UnusableAnswerError):
            raise verdict
        with apart("added up"):
            write_row(connection, _row(task, answer, verdict))
    except MetaApiError as error:
        _fail(connection, task, error, done)
    else:
        done.fresh.append(task.running.client_id)


def _row(task: _Task, answer: Answer | None, verdict: Verdict | None) -> CacheRow:
    """What is published of the month together with the answer.

    Raises:
        MetaApiError: the two are not in one currency.
    """
    left_out = verdict.refused_days | _torn(answer, verdict) if answer and verdict else set()
    part = task.part
    currency = task.known.currency or ""
    if part is not None and part.currency != currency:
        text = f"the month is published in {part.currency}, the account has {currency} now"
        raise MetaApiError(text)
    missing = [day for day in part.missing_days if day < task.since] if part else []
    return CacheRow(
        task.running,
        currency,
        task.since,
        part.publication_id if part else None,
        sorted({*missing, *left_out}),
        _together(part.figures if part else Figures(), figures_of(task.client, answer, left_out)),
        task.begun_at,
    )


def figures_of(client: Client, answer: Answer | None, without: set[date]) -> Figures:
    """What an answer adds up to, but for some of its days."""
    if answer is None:
        return Figures()
    own = client.own_families or Counting()
    counted = counted_families(own)
    shown = replace(own, families=counted | {"purchase", "lead"})
    parts, totals = (
        sums_by_day(_rows(answer, level, without), shown) for level in ("campaign", "account")
    )
    told: dict[str, Decimal] = defaultdict(Decimal)
    for day, sums in parts.items():
        for name, amount in sums.figures(totals.get(day)).items():
            told[name] += amount
    return Figures(
        told["spend"],
        int(told["impressions"]),
        int(told["clicks"]),
        int(told["link_clicks"]),
        sum((told[f"conversions:{family}"] for family in counted), Decimal(0)),
        sum((told[f"value:{family}"] for family in counted), Decimal(0)),
        told["conversions:purchase"],
        told["value:purchase"],
        told["conversions:lead"],
    )


def _rows(answer: Answer, level: str, without: set[date]) -> Iterator[dict[str, Any]]:
    """The rows of a level with all their results, but for those of some days.

    Rows of days that nobody asked for are refused with their day: they are left out as well.
    """
    asked = {day.isoformat() for day in answer.window.days}
    documents = answer.contents[level].documents(without)
    rows = (with_all_results(orjson.loads(document.row)) for document in documents)
    return (row for row in rows if row.get("date_start") in asked)


def _together(published: Figures, fresh: Figures) -> Figures:
    """Both parts of a month; unknown conversions of one make those of the month unknown."""

    def both(before: Decimal | None, after: Decimal | None) -> Decimal | None:
        return None if before is None or after is None else before + after

    return Figures(
        published.spend + fresh.spend,
        published.impressions + fresh.impressions,
        published.clicks + fresh.clicks,
        published.link_clicks + fresh.link_clicks,
        both(published.conversions, fresh.conversions),
        both(published.conversion_value, fresh.conversion_value),
        both(published.purchases, fresh.purchases),
        both(published.purchase_value, fresh.purchase_value),
        both(published.leads, fresh.leads),
        published.conversions_null_reason,
    )


def _fail(connection: Connection, task: _Task, error: MetaApiError, done: Refreshed) -> None:
    client_id = task.running.client_id
    log.error("%s: the running month could not be refreshed: %s", client_id, error)
    note_refresh(connection, client_id, task.begun_at, str(error))
    done.errors[client_id] = str(error)
