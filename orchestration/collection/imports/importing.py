"""Imports an export: the same gate, receipts and slices as for an answer of the API.

Everything is one transaction, which a preview undoes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import uuid4

from orchestration.answers.results import Row as ApiRow
from orchestration.answers.window import Window, windows_of
from orchestration.clients.model import Client
from orchestration.collection.doubts.questions import with_witness
from orchestration.collection.fetcher import Fetcher, account_of
from orchestration.collection.imports.account import known_account
from orchestration.collection.imports.checks import check_export
from orchestration.collection.imports.days import ChosenDays, choose_days
from orchestration.collection.imports.rows import api_rows, levels_to_import
from orchestration.collection.plan import WINDOW_DAYS
from orchestration.collection.settling.outcome import CountsDays, Outcome, WindowTask
from orchestration.collection.settling.settler import Settler
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
    ImportedBatch,
    families_had,
    note_imports,
)
from orchestration.warehouse.intake.statistics import renew_statistics
from orchestration.warehouse.ledger.claims import Claim
from orchestration.warehouse.ledger.clients import set_owed_since, sync_clients
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
class Imported(CountsDays):
    """What became of an export.

    `currency` and `timezone_name` are the ad account's. `without_conversions` are the days of which
    the file does not say how many conversions there were: they are unknown, and never zero.
    """

    currency: str
    timezone_name: str
    left_out: Mapping[str, Sequence[date]]
    outcomes: Sequence[Outcome] = field(default_factory=list)
    without_conversions: Sequence[date] = field(default_factory=list)


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
        known = known_account(
            self._connection,
            self._settings,
            self._client,
            self._export,
            self._request.timezone_name,
            self._progress,
        )
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

    def _settle(self, chosen: ChosenDays, account: Account) -> Iterator[Outcome]:
        windows = windows_of(self._client.client_id, chosen.days, WINDOW_DAYS)
        received = self._answers(windows, account) if windows else []
        self._unnamed = [
            day
            for _, answer in received
            if not answer.names_conversions
            for day in answer.window.days
        ]
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
        rows = api_rows(self._export, levels, account.account_id)
        answers = [self._answer(window, account, batches[window], rows) for window in windows]
        note_imports(
            self._connection,
            [
                ImportedBatch(
                    batch_id=answer.batch_id,
                    file_name=self._export.file_name,
                    sha256=self._export.sha256,
                    names_conversions=answer.names_conversions,
                    imported_by=person(),
                )
                for answer in answers
            ],
        )
        # Read once: a file says the same however often it is read.
        return [
            (WindowTask(window=answer.window, batch_id=answer.batch_id, is_reread=True), answer)
            for answer in answers
        ]

    def _answer(
        self,
        window: Window,
        account: Account,
        batch_id: int,
        rows: Mapping[str, Sequence[ApiRow]],
    ) -> Answer:
        days = {day.isoformat() for day in window.days}
        of_window = {
            level: [row for row in of_level if row["date_start"] in days]
            for level, of_level in rows.items()
        }
        answer = Answer.of(window, account, batch_id, of_window)
        # There is nobody to ask about campaigns that Meta has deleted.
        answer.asked_for_deleted = True
        answer.names_conversions = names_conversions(
            self._export,
            [row for row in self._export.rows if window.since <= row.day <= window.until],
            account.conversion_families,
            families_had(self._connection, window.client_id),
        )
        return answer
