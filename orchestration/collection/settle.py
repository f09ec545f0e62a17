"""What becomes of answers: judged together, asked again where two disagree, then kept."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from orchestration.clients import Client
from orchestration.collection.deleted import add_deleted
from orchestration.collection.fetch import Fetcher
from orchestration.meta_api.errors import MetaApiError
from orchestration.quality.answer import Answer, Window
from orchestration.quality.gate import Report, judge
from orchestration.quality.verdict import Verdict
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.history import load_history
from orchestration.warehouse.landing import Cost, land
from orchestration.warehouse.owed import Claim, release_days
from orchestration.warehouse.promotion import Promotion, promote
from orchestration.warehouse.quarantine import Refusal

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


@dataclass
class Settler:
    """Judges and keeps; `claim` is given up with the days that are kept or refused."""

    connection: Connection
    fetcher: Fetcher
    clients: Mapping[str, Client]
    claim: Claim
    report: Report

    def settle(self, ready: Sequence[tuple[Task, Answer]]) -> tuple[list[Outcome], list[Task]]:
        """Returns how the windows ended, and those that are to be read once more."""
        outcomes, again = [], []
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
                again.append(task)
                continue
            if disagree:
                verdict = self._explained(answer, disagree) or verdict
            outcomes.append(self._keep(task, answer, verdict))
        return outcomes, again

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
        return Outcome(window, task.batch_id, answer.row_count, task.calls, promotion, verdict)


def keep(connection: Connection, answer: Answer, verdict: Verdict, cost: Cost) -> Promotion:
    """Land an answer and promote what the gate accepted. In the caller's transaction."""
    client_id, due_day = answer.window.client_id, answer.account.due_day
    land(connection, answer.batch_id, client_id, answer.contents, cost, due_day)
    return promote(
        connection,
        client_id=client_id,
        batch_id=answer.batch_id,
        read_for=due_day,
        contents=answer.contents,
        accepted=verdict.accepted_days,
        refused=sorted(verdict.refused_days),
        refusals=[Refusal(v.rule, v.severity, v.date_day, v.detail) for v in verdict.violations],
        figures=answer.figures,
    )
