"""The table of numbers that fell below what stands, for the suite `expectations.standing`."""

from collections.abc import Sequence

import pandas as pd

from orchestration.quality.answer import Answer
from orchestration.quality.comparisons.confirmation import is_confirmed
from orchestration.quality.comparisons.falls import falls

COLUMNS = ["answer", "client_id", "date_day", "metric", "standing", "answered", "least"]
COLUMNS += ["confirmed"]


def standing_frame(answers: Sequence[Answer]) -> pd.DataFrame:
    """One row for each client, day and number that fell."""
    rows = [
        (
            position,
            answer.window.client_id,
            fall.date_day.isoformat(),
            fall.metric,
            fall.standing,
            fall.answered,
            fall.least,
            int(is_confirmed(answer, fall.date_day)),
        )
        for position, answer in enumerate(answers)
        for fall in falls(answer)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)
