"""Hands a judged answer to the warehouse: lands it and promotes the days that the gate accepted."""

from orchestration.answers.slices import Batch
from orchestration.quality.answer import Answer
from orchestration.quality.comparisons.confirmation import day_figures
from orchestration.quality.verdict import Verdict
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.intake.landing import Cost
from orchestration.warehouse.intake.promotion import Promotion, promote


def keep(connection: Connection, answer: Answer, verdict: Verdict, cost: Cost) -> Promotion:
    """Land an answer and promote what the gate accepted. In the caller's transaction."""
    return promote(
        connection,
        batch=batch_of(answer),
        cost=cost,
        accepted=verdict.accepted_days,
        refused=sorted(verdict.refused_days),
        refusals=verdict.violations,
    )


def batch_of(answer: Answer) -> Batch:
    """The answer in the form that the warehouse takes in."""
    witness_rows = (
        (witness.level, row) for witness in answer.witnesses.values() for row in witness.rows
    )
    return Batch(
        client_id=answer.window.client_id,
        batch_id=answer.batch_id,
        read_for=answer.account.due_day,
        contents=answer.contents,
        figures=answer.figures,
        mended=answer.mended,
        beside=[*answer.originals, *witness_rows],
        readings={day: day_figures(answer, day) for _, day in answer.standing.slices},
    )
