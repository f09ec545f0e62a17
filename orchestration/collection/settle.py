"""What becomes of answers: judged together, asked again where two disagree, then kept."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import psycopg

from orchestration.clients import Client
from orchestration.collection.deleted import add_deleted
from orchestration.collection.fetch import Fetcher
from orchestration.meta_api.errors import MetaApiError
from orchestration.quality.answer import Answer, Window
from orchestration.quality.gate import Report, judge
from orchestration.quality.verdict import Verdict
from orchestration.recovery_log import log_batch
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.history import load_history
from orchestration.warehouse.landing import Cost
from orchestration.warehouse.owed import Claim, release_days
from orchestration.warehouse.promotion import Promotion, promote
from orchestration.warehouse.quarantine import Refusal
from orchestration.warehouse.slices import Batch

UNSTORABLE = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded)
"""What Postgres says of rows that it cannot hold; it concerns the one answer."""
TOTALS_RULES = {"rows_where_total_has_some", "control_totals_agree", "not_split"}
"""Rules that compare two answers: broken, both are read once more before anything is refused."""


@dataclass
class Task:
    """A window in hand, and what it has cost so far."""

    window: Window
    batch_id: int
    calls: int = 0
    duplicates: int = 0
    is_reread: bool = False


@dataclass
class Outcome:
    """How one window ended: with a promotion, or with an error."""

    window: Window
    batch_id: int
    rows: int = 0
    calls: int = 0
    promotion: Promotion | None = None
    verdict: Verdict | None = None
    error: MetaApiError | None = None


class UnstorableAnswerError(MetaApiError):
    """The gate let rows pass that the database does not take."""


@dataclass
class Settlement:
    """How windows ended, those to be read once more, and those whose answer cannot be kept."""

    outcomes: list[Outcome] = field(default_factory=list)
    again: list[Task] = field(default_factory=list)
    failed: list[tuple[Task, MetaApiError]] = field(default_factory=list)


@dataclass
class Settler:
    """Judges and keeps; `claim` is given up with the days that are kept or refused."""

    connection: Connection
    fetcher: Fetcher
    clients: Mapping[str, Client]
    claim: Claim
    report: Report

    def settle(self, ready: Sequence[tuple[Task, Answer]]) -> Settlement:
        """What becomes of these answers; each that is kept is a transaction of its own."""
        done = Settlement()
        for _, answer in ready:
            window = answer.window
            answer.history = load_history(
                self.connection, window.client_id, window.since, window.until
            )
        verdicts = judge([answer for _, answer in ready], self.report)
        for (task, answer), verdict in zip(ready, verdicts, strict=True):
            disagree = {
                v.date_day
                for v in verdict.violations
                if v.rule in TOTALS_RULES and v.severity == "blocking" and v.date_day
            }
            if disagree and not task.is_reread:
                task.is_reread = True
                done.again.append(task)
                continue
            if disagree:
                verdict = self._explained(answer, disagree) or verdict
            try:
                done.outcomes.append(self._keep(task, answer, verdict))
            except UNSTORABLE as error:
                text = str(error).splitlines()[0]
                told = UnstorableAnswerError(f"the warehouse does not take the answer: {text}")
                done.failed.append((task, told))
        return done

    def _explained(self, answer: Answer, days: Collection[date]) -> Verdict | None:
        """The verdict with the rows of deleted campaigns; None where there are none."""
        client = self.clients[answer.window.client_id]
        added = add_deleted(self.connection, self.fetcher, client, answer, days)
        if not added:
            return None
        (verdict,) = judge([answer], self.report)
        verdict.violations += added
        return verdict

    def _keep(self, task: Task, answer: Answer, verdict: Verdict) -> Outcome:
        window = task.window
        with self.connection.transaction():
            promotion = keep(self.connection, answer, verdict, Cost(task.calls, task.duplicates))
            release_days(self.connection, self.claim, window.client_id, window.days)
        if promotion.refused:
            log_batch(self.fetcher.settings, self.connection, "refusal", task.batch_id)
        return Outcome(window, task.batch_id, answer.row_count, task.calls, promotion, verdict)


def keep(connection: Connection, answer: Answer, verdict: Verdict, cost: Cost) -> Promotion:
    """Land an answer and promote what the gate accepted. In the caller's transaction."""
    return promote(
        connection,
        batch_of(answer),
        cost,
        verdict.accepted_days,
        sorted(verdict.refused_days),
        [Refusal(v.rule, v.severity, v.date_day, v.detail) for v in verdict.violations],
    )


def batch_of(answer: Answer) -> Batch:
    """The answer as the warehouse takes it in."""
    return Batch(
        answer.window.client_id,
        answer.batch_id,
        answer.account.due_day,
        answer.contents,
        answer.figures,
    )
