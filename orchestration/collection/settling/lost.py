"""What became of a window whose process ended before it could say so: the ledger knows."""

from orchestration.collection.settling.outcome import Outcome, WindowTask
from orchestration.quality.verdict import Verdict
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.intake.promotion import committed_promotion
from orchestration.warehouse.intake.quarantine import violations_of


def committed_outcome(connection: Connection, task: WindowTask) -> Outcome | None:
    """The outcome, if the transaction that keeps the answer was committed; None if it was not."""
    client_id = task.window.client_id
    committed = committed_promotion(connection, client_id, task.batch_id)
    if committed is None:
        return None
    promotion, rows = committed
    return Outcome(
        window=task.window,
        batch_id=task.batch_id,
        rows=rows,
        calls=task.calls,
        promotion=promotion,
        verdict=Verdict(task.window, violations_of(connection, task.batch_id)),
    )
