"""Settles answers: judged together, asked again where they raise doubts, then kept.

If two levels disagree, the whole window is read once more. If conversions or delivery are missing
at account and campaign level, a deeper level is asked about exactly those days. Stored data are
replaced by less only with proof.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from orchestration.answers.families import event_types
from orchestration.clients.model import Client
from orchestration.collection.doubts.questions import (
    Question,
    next_question,
    own_witness,
    with_witness,
)
from orchestration.collection.isolation import isolated, judge_isolated
from orchestration.collection.settling.deleted_campaigns import CampaignsApi, add_deleted
from orchestration.collection.settling.keeping import keep
from orchestration.collection.settling.outcome import Outcome, Received, Result, WindowTask
from orchestration.expectations.catalogue import RULES, Rule
from orchestration.meta_api.errors import MetaApiError
from orchestration.quality.answer import Answer
from orchestration.quality.comparisons.falls import lost_campaigns
from orchestration.quality.data_docs.results import SuiteResults
from orchestration.quality.gate import judge
from orchestration.quality.verdict import Verdict
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.intake.landing import Cost
from orchestration.warehouse.intake.readings import load_histories
from orchestration.warehouse.intake.standing import Answered, load_standing
from orchestration.warehouse.ledger.claims import Claim, release_days
from orchestration.warehouse.ledger.recovery_file import log_batch


class Judged(NamedTuple):
    """An answer with the gate's verdict on it."""

    answer: Answer
    verdict: Verdict


@dataclass(kw_only=True)
class Settler:
    """Judges and keeps answers; days that are kept or refused are released from `claim`.

    `api` is asked for deleted campaigns. `logs_refusals`: write refused batches to the recovery
    file, which whoever settles inside a transaction does after its end.
    """

    settings: Settings
    connection: Connection
    api: CampaignsApi
    clients: Mapping[str, Client]
    claim: Claim
    suite_results: SuiteResults
    logs_refusals: bool = True

    def settle(self, received: Sequence[Received]) -> Iterator[Result]:
        """Settle answers; yields what became of each, in their order, after its transaction.

        An answer that causes an error fails alone.
        """
        answers = [answer for _, answer in received]
        self._load_past(answers)
        verdicts = judge_isolated(answers, self.suite_results)
        for (task, answer), verdict in zip(received, verdicts, strict=True):
            yield self._settle_alone(task, answer, verdict)

    def _settle_alone(
        self, task: WindowTask, answer: Answer, verdict: Verdict | MetaApiError
    ) -> Result:
        """The outcome of a window, what to ask for again, or the error that its answer caused."""
        if isinstance(verdict, MetaApiError):
            return verdict
        try:
            with isolated("kept"):
                return self._settle_window(task, Judged(answer, verdict))
        except MetaApiError as error:
            return error

    def _settle_window(self, task: WindowTask, judged: Judged) -> Outcome | WindowTask:
        """Read the window once more, ask a deeper level, or keep the answer."""
        if _levels_disagree(judged.verdict) and not task.is_reread:
            return replace(task, question=None, is_reread=True)
        judged = self._with_deleted_campaigns(judged)
        judged, question = self._with_own_deeper_levels(judged)
        if question is not None:
            return replace(task, question=question)
        return self._keep(task, judged)

    def _load_past(self, answers: Sequence[Answer]) -> None:
        """Give each answer what is known of its days: the readings so far, and what is stored."""
        histories = load_histories(self.connection, [answer.window for answer in answers])
        standings = load_standing(
            self.connection,
            [
                Answered(
                    window=answer.window,
                    account_id=answer.account.account_id,
                    contents=answer.contents,
                    action_types=event_types(answer.account.conversion_families),
                )
                for answer in answers
            ],
        )
        for answer, history, standing in zip(answers, histories, standings, strict=True):
            answer.history, answer.standing = history, standing

    def _with_deleted_campaigns(self, judged: Judged) -> Judged:
        """Add rows of deleted campaigns where days would be refused because they are missing."""
        answer = judged.answer
        days = _days_of_rules(judged.verdict, lambda rule: rule.compares_answers)
        days |= _days_with_lost_campaigns(answer)
        if not days or answer.asked_for_deleted:
            return judged
        client = self.clients[answer.window.client_id]
        answer.asked_for_deleted = True
        warnings = add_deleted(self.connection, self.api, client, answer, days)
        if not warnings:
            return judged
        answer.violations += warnings
        return self._judge_again(answer)

    def _with_own_deeper_levels(self, judged: Judged) -> tuple[Judged, Question | None]:
        """Resolve doubts with the levels that the answer itself holds.

        Returns the question, too, that only another call can answer.
        """
        while (question := next_question(judged.answer, judged.verdict)) is not None:
            witness = own_witness(judged.answer, question)
            if witness is None:
                return judged, question
            judged = self._judge_again(with_witness(question, witness))
        return judged, None

    def _judge_again(self, answer: Answer) -> Judged:
        (verdict,) = judge([answer], self.suite_results)
        return Judged(answer, verdict)

    def _keep(self, task: WindowTask, judged: Judged) -> Outcome:
        window, (answer, verdict) = task.window, judged
        with self.connection.transaction():
            promotion = keep(self.connection, answer, verdict, Cost(task.calls, task.duplicates))
            release_days(self.connection, self.claim, window.client_id, window.days)
        if promotion.refused and self.logs_refusals:
            log_batch(self.settings, self.connection, "refusal", task.batch_id)
        return Outcome(
            window=window,
            batch_id=task.batch_id,
            rows=answer.row_count,
            calls=task.calls,
            promotion=promotion,
            verdict=verdict,
        )


def _levels_disagree(verdict: Verdict) -> bool:
    return bool(_days_of_rules(verdict, lambda rule: rule.compares_answers))


def _days_of_rules(verdict: Verdict, is_meant: Callable[[Rule], bool]) -> set[date]:
    """The days that are refused by rules of a kind."""
    return {
        v.date_day
        for v in verdict.violations
        if v.severity == "blocking" and v.date_day and is_meant(RULES[v.rule])
    }


def _days_with_lost_campaigns(answer: Answer) -> set[date]:
    """Days without rows of some stored campaigns: these campaigns may have been deleted."""
    answered = answer.evidence.sums["campaign"]
    return {fall.date_day for fall in lost_campaigns(answer) if answered[fall.date_day].rows}
