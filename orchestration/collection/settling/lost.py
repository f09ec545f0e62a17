"""What became of a window whose process ended before it could say so: the ledger knows."""

from collections.abc import Sequence
from contextlib import suppress

import psycopg

from orchestration.collection.settling.outcome import Outcome, Settlement, WindowTask
from orchestration.quality.verdict import Verdict
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.intake.promotion import committed_promotion
from orchestration.warehouse.intake.quarantine import violations_of
from orchestration.warehouse.ledger.recovery_file import log_batch


def committed_outcome(
    settings: Settings, connection: Connection, task: WindowTask
) -> Outcome | None:
    """The outcome, if the transaction that keeps the answer was committed; None if it was not.

    A refusal goes to the recovery log, too. It is there twice if its process ended right after it
    wrote it: better than not at all.
    """
    client_id = task.window.client_id
    committed = committed_promotion(connection, client_id, task.batch_id)
    if committed is None:
        return None
    promotion, rows = committed
    if promotion.refused:
        log_batch(settings, connection, "refusal", task.batch_id)
    return Outcome(
        window=task.window,
        batch_id=task.batch_id,
        rows=rows,
        calls=task.calls,
        promotion=promotion,
        verdict=Verdict(task.window, violations_of(connection, task.batch_id)),
    )


def committed_outcomes(
    settings: Settings, connection: Connection, settlements: Sequence[Settlement]
) -> list[Outcome]:
    """What was committed of groups after which the collection ends; all else is still owed."""
    outcomes = [outcome for settlement in settlements for outcome in settlement.outcomes]
    # The connection may be what broke.
    with suppress(psycopg.Error):
        for task in [task for settlement in settlements for task in settlement.lost]:
            if (outcome := committed_outcome(settings, connection, task)) is not None:
                outcomes.append(outcome)
    return outcomes
