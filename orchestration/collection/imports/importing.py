"""Imports an export: the same gate, receipts and slices as for an answer of the API.

Everything is one transaction, which a preview undoes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import uuid4

from orchestration.answers.window import Window, windows_of
from orchestration.clients.model import Client
from orchestration.collection.accounts import refresh_account_facts
from orchestration.collection.doubts.questions import with_witness
from orchestration.collection.fetcher import Fetcher, account_of
from orchestration.collection.imports.checks import check_export
from orchestration.collection.imports.days import ChosenDays, choose_days
from orchestration.collection.imports.rows import api_rows, levels_to_import
from orchestration.collection.plan import WINDOW_DAYS
from orchestration.collection.settling.outcome import Outcome, WindowTask
from orchestration.collection.settling.settler import Settler
from orchestration.errors import UsageError
from orchestration.exports.export import Export
from orchestration.exports.results import names_conversions
from orchestration.meta_api.errors import MetaApiError
from orchestration.process.owner import build_owner
from orchestration.process.person import person
from orchestration.progress import Progress
from orchestration.quality.answer import Account, Answer
from orchestration.quality.data_docs.results import SuiteResults
from orchestration.quality.witness import Witness
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection, connect
from orchestration.warehouse.intake.batches import open_batches
from orchestration.warehouse.intake.imports import (
    API_VERSION,
    families_had,
    note_imports,
    note_unnamed_conversions,
)
from orchestration.warehouse.intake.statistics import renew_statistics
from orchestration.warehouse.ledger.claims import Claim
from orchestration.warehouse.ledger.clients import (
    KnownClient,
    known_clients,
    save_account_facts,
    set_owed_since,
    sync_clients,
)
from orchestration.warehouse.ledger.recovery_file import log_batch

NO_DEEPER_LEVEL = "an export has no other rows than its own"


@dataclass(frozen=True, kw_only=True)
class ImportRequest:
    """What is to be imported, and how.

    `replace`: also days of which the API's own rows stand. `timezone_name`: the ad account's, where
    Meta never said it. `keeps`: false for a preview.
    """

    export: Export
    client_id: str
    replace: bool = False
    timezone_name: str | None = None
    keeps: bool = True


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What became of an export.

    `currency` and `timezone_name` are the ad account's. `without_conversions` are the days of which
    the file does not say how many conversions there were: they are unknown, and never zero.
    """

    currency: str
    timezone_name: str
    left_out: Mapping[str, Sequence[date]]
    outcomes: Sequence[Outcome] = field(default_factory=list)
    without_conversions: Sequence[date] = field(default_factory=list)

    @property
    def days_kept(self) -> int:
        """Days that passed the gate."""
        return sum(o.promotion.kept for o in self.outcomes if o.promotion)

    @property
    def days_changed(self) -> int:
        """Days whose contents are new or differ from before."""
        return sum(o.promotion.changed for o in self.outcomes if o.promotion)

    @property
    def days_refused(self) -> int:
        """Days that the gate refused."""
        return sum(o.promotion.refused for o in self.outcomes if o.promotion)


def import_export(
    settings: Settings, clients: Sequence[Client], request: ImportRequest, progress: Progress
) -> Imported:
    """Import an export, or find out what an import would do.

    Raises:
        UsageError: the export is not exactly the client's; nothing is kept.
        UnreachableError: the warehouse, or Meta where it has to say what the account is.
    """
    with connect(settings, autocommit=True) as connection:
        with connection.transaction(force_rollback=not request.keeps):
            work = _Import(settings, connection, clients, request, progress)
            imported = work.run()
        if request.keeps:
            for outcome in imported.outcomes:
                if outcome.promotion and outcome.promotion.refused:
                    log_batch(settings, connection, "refusal", outcome.batch_id)
            if imported.days_changed:
                renew_statistics(connection)
    return imported


class _Import:
    """One import under way, in one transaction."""

    def __init__(
        self,
        settings: Settings,
        connection: Connection,
        clients: Sequence[Client],
        request: ImportRequest,
        progress: Progress,
    ) -> None:
        self._settings, self._connection = settings, connection
        self._clients = {client.client_id: client for client in clients}
        self._client = self._clients[request.client_id]
        self._request, self._export, self._progress = request, request.export, progress
        self._claim = Claim(uuid4().hex, build_owner())
        self._unnamed: list[date] = []

    def run(self) -> Imported:
        """Check the export, and have its windows judged and kept."""
        sync_clients(self._connection, [*self._clients.values()])
        known = self._known()
        account = account_of(self._settings, self._client, known)
        check_export(self._connection, self._export, known, account.currency)
        set_owed_since(self._connection, self._settings)
        chosen = choose_days(
            self._connection,
            self._export,
            known,
            account,
            self._claim,
            replace=self._request.replace,
        )
        self._progress.stage("Importing", len(chosen.days), "client-day")
        return Imported(
            currency=account.currency,
            timezone_name=known.timezone_name or "",
            left_out=chosen.left_out,
            outcomes=[*self._settle(chosen, account)],
            without_conversions=self._unnamed,
        )

    def _known(self) -> KnownClient:
        """The client with the facts of its account: of the ledger, of Meta, or as they were told.

        Raises:
            UsageError: nobody knows the currency and the time zone of the account.
        """
        known = self._read_known()
        if known.account_refused:
            raise UsageError(known.account_refused)
        told = self._request.timezone_name
        if known.timezone_name is None and told is not None:
            self._save_told_facts(told)
        elif known.timezone_name is None:
            self._ask_meta()
        known = self._read_known()
        if told is not None and known.timezone_name != told:
            raise UsageError(
                f"The ad account of {known.client_id} is in the time zone {known.timezone_name}, "
                f"and not in {told}."
            )
        return known

    def _read_known(self) -> KnownClient:
        (known,) = known_clients(self._connection, [self._client.client_id])
        return known

    def _save_told_facts(self, zone: str) -> None:
        if not self._export.currency:
            raise UsageError("The currency is not known either: say it with --currency.")
        save_account_facts(
            self._connection,
            self._client.client_id,
            name=self._export.account_name or self._client.name,
            currency=self._export.currency,
            timezone_name=zone,
        )

    def _ask_meta(self) -> None:
        errors = refresh_account_facts(
            self._connection,
            self._settings,
            Fetcher(self._settings),
            [self._client],
            self._progress,
        )
        for error in errors.values():
            raise UsageError(
                "Meta does not say in which currency and time zone the ad account of "
                f"{self._client.client_id} is ({error}): name the zone with --timezone."
            )

    def _settle(self, chosen: ChosenDays, account: Account) -> Iterator[Outcome]:
        windows = windows_of(self._client.client_id, chosen.days, WINDOW_DAYS)
        received = self._answers(windows, account) if windows else []
        settler = Settler(
            settings=self._settings,
            connection=self._connection,
            api=Fetcher(self._settings),
            clients=self._clients,
            claim=self._claim,
            suite_results=SuiteResults(),
            logs_refusals=False,
        )
        for (task, answer), result in zip(received, settler.settle(received), strict=True):
            while isinstance(result, WindowTask) and result.question is not None:
                question = result.question
                nobody = Witness(question.level, question.days, error=NO_DEEPER_LEVEL)
                answer = with_witness(question, nobody)
                (result,) = settler.settle([(task, answer)])
            if isinstance(result, MetaApiError):
                raise result
            assert isinstance(result, Outcome)
            self._progress.step(self._client.client_id, len(result.window.days))
            yield result

    def _answers(
        self, windows: Sequence[Window], account: Account
    ) -> list[tuple[WindowTask, Answer]]:
        """The rows of each window as an answer, with a batch of its own."""
        levels = levels_to_import(self._export, self._client)
        about = {"run_id": uuid4().hex, "api_version": API_VERSION}
        batches = open_batches(self._connection, [(window, levels) for window in windows], about)
        note_imports(
            self._connection,
            batches.values(),
            self._export.file_name,
            self._export.sha256,
            person(),
        )
        rows = api_rows(self._export, levels, account.account_id)
        had = families_had(self._connection, self._client.client_id)
        answers = []
        for window in windows:
            days = {day.isoformat() for day in window.days}
            answer = Answer.of(
                window,
                account,
                batches[window],
                {
                    name: [row for row in of if row["date_start"] in days]
                    for name, of in rows.items()
                },
            )
            # There is nobody to ask about campaigns that Meta has deleted.
            answer.asked_for_deleted = True
            own = [row for row in self._export.rows if row.day.isoformat() in days]
            if not names_conversions(self._export, own, account.conversion_families, had):
                answer.names_conversions = False
                note_unnamed_conversions(self._connection, batches[window])
                self._unnamed += window.days
            answers.append((self._task(window, batches[window]), answer))
        return answers

    def _task(self, window: Window, batch_id: int) -> WindowTask:
        # Read once: a file says the same however often it is read.
        return WindowTask(window=window, batch_id=batch_id, is_reread=True)
