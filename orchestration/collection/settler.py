"""What becomes of answers: judged together, asked again where they raise doubts, then kept.

Where two answers disagree both are read once more; where conversions or delivery are missing at
account and campaign level, a deeper level is asked about exactly those days. What stands is
replaced by less only with proof.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from expectations.catalogue import RULES, Rule
from orchestration.answers.families import event_types
from orchestration.answers.slices import Batch
from orchestration.answers.window import Window
from orchestration.clients.model import Client
from orchestration.collection.apart import apart, judge_apart
from orchestration.collection.deleted_campaigns import add_deleted
from orchestration.collection.doubts import Question, heard, next_question, own_witness
from orchestration.collection.fetcher import Fetcher
from orchestration.meta_api.errors import MetaApiError
from orchestration.quality.answer import Answer
from orchestration.quality.comparisons.confirmation import day_figures
from orchestration.quality.comparisons.falls import lost_campaigns
from orchestration.quality.data_docs.results import SuiteResults
from orchestration.quality.gate import judge
from orchestration.quality.verdict import Verdict
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.intake.landing import Cost
from orchestration.warehouse.intake.promotion import Promotion, promote
from orchestration.warehouse.intake.readings import load_history
from orchestration.warehouse.intake.standing import load_standing
from orchestration.warehouse.ledger.claims import Claim, release_days
from orchestration.warehouse.ledger.recovery_file import log_batch


@dataclass
class Task:
    """A window in hand, and what it has cost so far; `question` is for a deeper level, if any."""

    window: Window
    batch_id: int
    calls: int = 0
    duplicates: int = 0
    is_reread: bool = False
    question: Question | None = None


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
    suite_results: SuiteResults

    def settle(self, ready: Sequence[tuple[Task, Answer]]) -> Settlement:
        """What becomes of these answers; each that is kept is a transaction of its own.

        One that makes something go wrong fails alone.
        """
        done = Settlement()
        for _, answer in ready:
            self._load_past(answer)
        verdicts = judge_apart([answer for _, answer in ready], self.suite_results)
        for (task, answer), verdict in zip(ready, verdicts, strict=True):
            if isinstance(verdict, MetaApiError):
                done.failed.append((task, verdict))
                continue
            try:
                with apart("kept"):
                    self._settle(task, answer, verdict, done)
            except MetaApiError as error:
                done.failed.append((task, error))
        return done

    def _load_past(self, answer: Answer) -> None:
        window = answer.window
        answer.history = load_history(self.connection, window.client_id, window.since, window.until)
        answer.standing = load_standing(
            self.connection,
            window.client_id,
            answer.account.account_id,
            answer.contents,
            event_types(answer.account.conversion_families),
        )

    def _settle(self, task: Task, answer: Answer, verdict: Verdict, done: Settlement) -> None:
        """Ask again, ask a deeper level, or keep."""
        task.question = None
        if _days(verdict, lambda rule: rule.compares_answers) and not task.is_reread:
            task.is_reread = True
            done.again.append(task)
            return
        answer, verdict = self._with_deleted(answer, verdict)
        while (question := next_question(answer, verdict)) is not None:
            witness = own_witness(answer, question)
            if witness is None:
                task.question = question
                done.again.append(task)
                return
            answer = heard(question, witness)
            (verdict,) = judge([answer], self.suite_results)
        done.outcomes.append(self._keep(task, answer, verdict))

    def _with_deleted(self, answer: Answer, verdict: Verdict) -> tuple[Answer, Verdict]:
        """The rows of deleted campaigns belong to it, too, where days would be refused for them."""
        days = _days(verdict, lambda rule: rule.compares_answers) | _without_campaigns(answer)
        if not days or answer.asked_for_deleted:
            return answer, verdict
        client = self.clients[answer.window.client_id]
        answer.asked_for_deleted = True
        added = add_deleted(self.connection, self.fetcher, client, answer, days)
        if not added:
            return answer, verdict
        answer.violations += added
        (verdict,) = judge([answer], self.suite_results)
        return answer, verdict

    def _keep(self, task: Task, answer: Answer, verdict: Verdict) -> Outcome:
        window = task.window
        with self.connection.transaction():
            promotion = keep(self.connection, answer, verdict, Cost(task.calls, task.duplicates))
            release_days(self.connection, self.claim, window.client_id, window.days)
        if promotion.refused:
            log_batch(self.fetcher.settings, self.connection, "refusal", task.batch_id)
        return Outcome(window, task.batch_id, answer.row_count, task.calls, promotion, verdict)


def _days(verdict: Verdict, concerns: Callable[[Rule], bool]) -> set[date]:
    """The days that rules of a kind refuse."""
    return {
        v.date_day
        for v in verdict.violations
        if v.severity == "blocking" and v.date_day and concerns(RULES[v.rule])
    }


def _without_campaigns(answer: Answer) -> set[date]:
    """Days that lack some campaigns of which rows stand: those may have been deleted."""
    came = answer.evidence.sums["campaign"]
    return {fall.date_day for fall in lost_campaigns(answer) if came[fall.date_day].rows}


def keep(connection: Connection, answer: Answer, verdict: Verdict, cost: Cost) -> Promotion:
    """Land an answer and promote what the gate accepted. In the caller's transaction."""
    return promote(
        connection,
        batch_of(answer),
        cost,
        verdict.accepted_days,
        sorted(verdict.refused_days),
        verdict.violations,
    )


def batch_of(answer: Answer) -> Batch:
    """The answer as the warehouse takes it in."""
    return Batch(
        client_id=answer.window.client_id,
        batch_id=answer.batch_id,
        read_for=answer.account.due_day,
        contents=answer.contents,
        figures=answer.figures,
        mended=answer.mended,
        beside=[
            *answer.originals,
            *((known.level, row) for known in answer.witnesses.values() for row in known.rows),
        ],
        readings={day: day_figures(answer, day) for _, day in answer.standing.slices},
    )
