"""A whole collection: clients and account facts into the ledger, the plan, the collecting."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import uuid4

from orchestration.answers.window import Window
from orchestration.clients.model import Client
from orchestration.collection.accounts import refresh_account_facts
from orchestration.collection.api_access import check_tokens
from orchestration.collection.campaigns import refresh_campaigns
from orchestration.collection.collector import Collector
from orchestration.collection.fetcher import Fetcher, usage_of_clients
from orchestration.collection.plan import owed_windows
from orchestration.collection.request import CollectionRequest, NamedRange
from orchestration.collection.settling.outcome import CountsDays, Outcome
from orchestration.collection.unanswered import stop_if_nobody_answers
from orchestration.errors import BrokenOffError
from orchestration.meta_api.errors import AccountChangedError, MetaApiError
from orchestration.meta_api.retry import RetryPolicy
from orchestration.process.owner import build_owner
from orchestration.progress import Progress, Silent
from orchestration.quality.data_docs.results import SuiteResults
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection, connect
from orchestration.warehouse.intake.statistics import renew_statistics
from orchestration.warehouse.ledger.api_usage import note_notices, note_usage
from orchestration.warehouse.ledger.claims import Claim
from orchestration.warehouse.ledger.clients import known_clients, set_owed_since, sync_clients
from orchestration.warehouse.ledger.owed import latest_receipt


@dataclass
class Collection(CountsDays):
    """What a collection did.

    Attributes:
        outcomes: one for each window, in the order in which they ended.
        calls: every attempt of every call.
        notices: what Meta announced in its answers.
        suite_results: the results of the gate's suites.
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
    on_change: Callable[[], None] | None = None,
) -> Collection:
    """Collect what is owed, or every day of a range, or exactly some windows.

    The arguments are those of `CollectionRequest`. A range that was interrupted is continued. If
    the connection to the warehouse is lost, the collection is tried again after the pauses of the
    settings. `on_change` is called whenever days were kept whose contents are new.

    Raises:
        UnreachableError: the API answered no client, or every token is dead, and `must_answer` is
            set; the attempts are in the ledger then. Or the warehouse stays unreachable.
        UsageError: no token is set at all.
    """
    check_tokens(settings, clients)
    request = CollectionRequest(
        clients=clients,
        run_id=run_id,
        since=since,
        until=until,
        only=tuple(only),
        due_only=due_only,
        windows=windows,
    )
    work = _Work(
        settings=settings, request=request, progress=progress or Silent(), on_change=on_change
    )
    asked = work.run()
    if must_answer:
        errors = {o.window.client_id: o.error for o in work.collection.failed if o.error}
        stop_if_nobody_answers(errors, asked)
    return work.collection


@dataclass(kw_only=True)
class _Work:
    """One collection under way, over all its attempts; `collection` is what they did so far.

    `latest_receipt` is set when the work is planned for the first time.
    """

    settings: Settings
    request: CollectionRequest
    progress: Progress
    on_change: Callable[[], None] | None = None
    claim: Claim = field(default_factory=lambda: Claim(uuid4().hex, build_owner()))
    latest_receipt: int | None = None
    named_range: NamedRange | None = None
    collection: Collection = field(default_factory=Collection)

    def __post_init__(self) -> None:
        if self.request.since is not None:
            self.named_range = NamedRange(
                settings=self.settings,
                since=self.request.since,
                until=self.request.until,
                only=self.request.only,
                progress=self.progress,
            )

    def run(self) -> set[str]:
        """Collect, with further attempts while the connection to the warehouse gets lost.

        Returns the ids of the clients of which days were to be asked for.
        """
        client_ids = RetryPolicy(self.settings.retry_delays).call(
            "collecting", self._connect, lambda error: isinstance(error, BrokenOffError)
        )
        for notice in self.collection.notices:
            self.progress.note(notice)
        return client_ids

    def _connect(self) -> set[str]:
        fetcher = Fetcher(self.settings)
        try:
            with connect(self.settings, autocommit=True) as connection:
                return self._attempt(connection, fetcher)
        finally:
            self.collection.calls += fetcher.calls
            new = [n for n in fetcher.traffic.notices if n not in self.collection.notices]
            self.collection.notices += new

    def _attempt(self, connection: Connection, fetcher: Fetcher) -> set[str]:
        with connection.transaction():
            sync_clients(connection, self.request.clients)
        clients = self.request.chosen_clients()
        errors = self._refresh_accounts(connection, fetcher, clients)
        windows = self._plan(connection, clients)
        self._collect(connection, fetcher, clients, windows, errors)
        if self.named_range is not None:
            self.named_range.finish(connection)
        if self.collection.days_changed:
            renew_statistics(connection)
        return {window.client_id for window in windows}

    def _refresh_accounts(
        self, connection: Connection, fetcher: Fetcher, clients: Sequence[Client]
    ) -> dict[str, MetaApiError]:
        """Ask for stale account facts; returns by client id why an account is not to be read."""
        errors: dict[str, MetaApiError] = {
            known.client_id: AccountChangedError(known.account_refused)
            for known in known_clients(connection, [client.client_id for client in clients])
            if known.account_refused is not None
        }
        accepted = [client for client in clients if client.client_id not in errors]
        errors |= refresh_account_facts(connection, self.settings, fetcher, accepted, self.progress)
        with connection.transaction():
            set_owed_since(connection, self.settings)
        return errors

    def _plan(self, connection: Connection, clients: Sequence[Client]) -> list[Window]:
        """The windows to ask for in this attempt."""
        if self.latest_receipt is None:
            self.latest_receipt = latest_receipt(connection)
        request = self.request
        if request.windows is not None:
            chosen = {client.client_id for client in clients}
            return [window for window in request.windows if window.client_id in chosen]
        if self.named_range is None:
            return owed_windows(connection, clients, due_only=request.due_only)
        return self.named_range.windows_left(connection, clients)

    def _collect(
        self,
        connection: Connection,
        fetcher: Fetcher,
        clients: Sequence[Client],
        windows: Sequence[Window],
        account_errors: dict[str, MetaApiError],
    ) -> None:
        ended_before = len(self.collection.outcomes)
        collector = Collector(
            settings=self.settings,
            clients=clients,
            fetcher=fetcher,
            connection=connection,
            progress=self.progress,
            run_id=self.request.run_id,
            claim=self.claim,
            latest_receipt=self.latest_receipt or 0,
            account_errors=account_errors,
            outcomes=self.collection.outcomes,
            suite_results=self.collection.suite_results,
            on_change=self.on_change,
        )
        collector.collect(windows)
        ended = self.collection.outcomes[ended_before:]
        answered = {o.window.client_id for o in ended if o.calls and o.error is None}
        refresh_campaigns(
            connection,
            self.settings,
            fetcher,
            [client for client in clients if client.client_id in answered],
            self.progress,
        )
        fetcher.share_limits(connection, at_once=True)
        note_usage(connection, usage_of_clients(fetcher, clients))
        # Without an answer nothing is known of what the API announces.
        if answered:
            note_notices(connection, list(fetcher.traffic.notices))
