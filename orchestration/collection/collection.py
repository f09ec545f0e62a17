"""The collection as a whole: clients and their facts into the ledger, the plan, the collecting."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import uuid4

from orchestration.answers.window import Window
from orchestration.clients.model import Client
from orchestration.collection.accounts import refresh_facts
from orchestration.collection.collector import Collector
from orchestration.collection.fetcher import Fetcher, check_tokens, usage_of_clients
from orchestration.collection.plan import owed_windows, range_windows
from orchestration.collection.settler import Outcome
from orchestration.errors import BrokenOffError, UnreachableError
from orchestration.meta_api.errors import (
    AccountChangedError,
    MetaApiError,
    TokenDeadError,
    TransientError,
    VersionRetiredError,
)
from orchestration.meta_api.retry import RetryPolicy
from orchestration.process.owner import build_owner
from orchestration.progress import Progress, Silent
from orchestration.quality.data_docs.results import SuiteResults
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection, connect
from orchestration.warehouse.ledger.api_usage import note_notices, note_usage
from orchestration.warehouse.ledger.claims import Claim
from orchestration.warehouse.ledger.clients import known_clients, set_owed_since, sync_clients
from orchestration.warehouse.ledger.owed import latest_receipt
from orchestration.warehouse.ledger.ranges import (
    RangeCollection,
    begin_range,
    days_of_range,
    finish_range,
)


@dataclass
class Collection:
    """What a collection did; `calls` counts every attempt, `notices` are what Meta announced.

    `suite_results` is what became of the suites, for Data Docs.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    calls: int = 0
    notices: list[str] = field(default_factory=list)
    suite_results: SuiteResults = field(default_factory=SuiteResults)

    @property
    def rows(self) -> int:
        """Rows received, of all levels."""
        return sum(outcome.rows for outcome in self.outcomes)

    @property
    def failed(self) -> list[Outcome]:
        """Windows that got no answer."""
        return [outcome for outcome in self.outcomes if outcome.error is not None]

    @property
    def days_kept(self) -> int:
        """Client-days that passed the gate."""
        return sum(o.promotion.kept for o in self.outcomes if o.promotion)

    @property
    def days_changed(self) -> int:
        """Client-days whose contents are new or differ from before."""
        return sum(o.promotion.changed for o in self.outcomes if o.promotion)

    @property
    def days_refused(self) -> int:
        """Client-days that the gate refused."""
        return sum(o.promotion.refused for o in self.outcomes if o.promotion)


def collect(
    settings: Settings,
    clients: Sequence[Client],
    *,
    since: date | None = None,
    until: date | None = None,
    run_id: str,
    only: Sequence[str] = (),
    due_only: bool = False,
    windows: Sequence[Window] | None = None,
    must_answer: bool = True,
    progress: Progress | None = None,
) -> Collection:
    """Collect what is owed, or every day of a range, for all clients or those named in `only`.

    A range without `until` ends with the latest due day of each account. With `due_only` nothing
    is asked that pauses after a failure; `windows` are asked instead of what is owed. A range that
    was interrupted is gone on with: what it has is not asked for again. A lost connection to the
    warehouse is tried again after the pauses of the settings.

    Raises:
        UnreachableError: the API answered no client, or every token is dead, and it `must_answer`.
            The attempts are in the ledger then. Or the warehouse stayed away.
        UsageError: no token is set at all.
    """
    check_tokens(settings, clients)
    plan = _Plan(clients, since, until, tuple(only), due_only, windows)
    progress, done = progress or Silent(), Collection()
    policy = RetryPolicy(settings.retry_delays)
    asked = policy.call(
        "collecting",
        lambda: _collect(settings, plan, progress, run_id, done),
        lambda error: isinstance(error, BrokenOffError),
    )
    for notice in done.notices:
        progress.note(notice)
    if must_answer:
        errors = {o.window.client_id: o.error for o in done.failed if o.error}
        _stop_if_nobody_answers(errors, asked)
    return done


@dataclass
class _Plan:
    """What to collect; `latest_receipt` is set when the work is planned for the first time."""

    clients: Sequence[Client]
    since: date | None
    until: date | None
    only: tuple[str, ...]
    due_only: bool
    windows: Sequence[Window] | None
    claim: Claim = field(default_factory=lambda: Claim(uuid4().hex, build_owner()))
    latest_receipt: int | None = None
    ranged: RangeCollection | None = None


def _collect(
    settings: Settings, plan: _Plan, progress: Progress, run_id: str, done: Collection
) -> list[Client]:
    """One attempt; returns the clients that were asked for something."""
    fetcher = Fetcher(settings)
    try:
        return _attempt(settings, plan, fetcher, progress, run_id, done)
    finally:
        done.calls += fetcher.calls
        done.notices += [n for n in fetcher.traffic.notices if n not in done.notices]


def _attempt(
    settings: Settings,
    plan: _Plan,
    fetcher: Fetcher,
    progress: Progress,
    run_id: str,
    done: Collection,
) -> list[Client]:
    with connect(settings, autocommit=True) as connection:
        with connection.transaction():
            sync_clients(connection, plan.clients)
        chosen = _chosen(plan)
        silent: dict[str, MetaApiError] = dict(_refused(connection, chosen))
        asked = [client for client in chosen if client.client_id not in silent]
        silent |= refresh_facts(connection, settings, fetcher, asked, progress)
        with connection.transaction():
            set_owed_since(connection, settings)
        if plan.latest_receipt is None:
            plan.latest_receipt = latest_receipt(connection)
        windows = _windows(connection, settings, plan, chosen, progress)
        collector = Collector(
            settings,
            chosen,
            fetcher,
            connection,
            progress,
            run_id,
            plan.claim,
            plan.latest_receipt,
            silent,
            done.outcomes,
            done.suite_results,
        )
        before = len(done.outcomes)
        collector.collect(windows)
        _note_what_was_heard(connection, fetcher, chosen, done.outcomes[before:])
        if plan.ranged is not None:
            finish_range(connection, plan.ranged)
        if done.days_changed:
            _analyze(connection)
    return [c for c in chosen if any(w.client_id == c.client_id for w in windows)]


def _refused(
    connection: Connection, clients: Sequence[Client]
) -> Iterator[tuple[str, AccountChangedError]]:
    """The clients whose ad account in the file is not the one that their days are of."""
    for known in known_clients(connection, [client.client_id for client in clients]):
        if known.account_refused is not None:
            yield known.client_id, AccountChangedError(known.account_refused)


def _analyze(connection: Connection) -> None:
    # A plan made for empty tables takes minutes where one for full ones takes seconds.
    connection.execute("analyze staging.insights, staging.conversions")
    connection.execute("analyze staging.control_totals, ops.slice_state")


def _note_what_was_heard(
    connection: Connection, fetcher: Fetcher, clients: Sequence[Client], ended: Sequence[Outcome]
) -> None:
    note_usage(connection, usage_of_clients(fetcher, clients))
    # Where nothing was answered, nothing is known of what the API announces.
    if any(outcome.calls and outcome.error is None for outcome in ended):
        note_notices(connection, list(fetcher.traffic.notices))


def _chosen(plan: _Plan) -> list[Client]:
    """The clients to ask for anything at all; one that is named with its days may be paused."""
    named = [c for c in plan.clients if not plan.only or c.client_id in plan.only]
    if plan.windows is None:
        return [c for c in named if c.status != "paused"]
    with_days = {window.client_id for window in plan.windows}
    return [c for c in named if c.client_id in with_days]


def _windows(
    connection: Connection,
    settings: Settings,
    plan: _Plan,
    chosen: Sequence[Client],
    progress: Progress,
) -> Sequence[Window]:
    if plan.windows is not None:
        return [w for w in plan.windows if any(c.client_id == w.client_id for c in chosen)]
    if plan.since is None:
        return owed_windows(connection, chosen, due_only=plan.due_only)
    known = {k.client_id: k for k in known_clients(connection, [c.client_id for c in chosen])}
    pairs = [(client, known[client.client_id]) for client in chosen]
    whole = range_windows(settings, pairs, plan.since, plan.until)
    if plan.ranged is None:
        plan.ranged = begin_range(connection, plan.since, plan.until, plan.only)
    done = days_of_range(connection, plan.ranged)
    left = range_windows(settings, pairs, plan.since, plan.until, done)
    count = _days(whole) - _days(left)
    if plan.ranged.is_resumed and count:
        progress.note(
            "Going on with the collection of this range that was begun at "
            f"{plan.ranged.begun_at:%Y-%m-%d %H:%M} UTC: {count} client-days are there already."
        )
    return left


def _days(windows: Sequence[Window]) -> int:
    return sum(len(window.days) for window in windows)


def _stop_if_nobody_answers(errors: dict[str, MetaApiError], clients: Sequence[Client]) -> None:
    if not clients or {c.client_id for c in clients} - errors.keys():
        return
    kinds = list(errors.values())
    if all(isinstance(error, TokenDeadError) for error in kinds):
        raise UnreachableError(
            f"Every token is refused ({kinds[0]}): renew META_ACCESS_TOKEN and run again."
        )
    if all(isinstance(error, VersionRetiredError) for error in kinds):
        raise UnreachableError(
            f"Meta no longer serves this version of its API ({kinds[0]}): set META_API_VERSION to "
            "a version that it serves and run again."
        )
    if all(isinstance(error, TransientError) for error in kinds):
        raise UnreachableError(
            f"The Insights API cannot be reached ({kinds[0]}): check META_API_URL and the network. "
            "Nothing was changed; the next run asks again."
        )
