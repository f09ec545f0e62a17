"""The table of client-days beside the client's own past, for the suite `expectations.patterns`."""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from orchestration.quality.answer import Answer
from orchestration.quality.comparisons.past import Past, rate_share, run_length, spend_share
from orchestration.quality.comparisons.same_answer import families_without_values, repeated_days
from orchestration.quality.comparisons.zero_chance import zero_chances
from orchestration.quality.rows.oddities import listed

COLUMNS = ["answer", "client_id", "date_day", "spend", "spend_share", "rate_share", "same_as"]
COLUMNS += ["run_length", "zero_chance", "confirmed", "quiet_spend", "valueless"]


def patterns_frame(answers: Sequence[Answer]) -> pd.DataFrame:
    """One row for each client and day that the account has finished and on which it spent."""
    rows = [
        (position, answer.window.client_id, *line)
        for position, answer in enumerate(answers)
        for line in _lines(answer)
    ]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.astype({"spend_share": float, "rate_share": float, "zero_chance": float})


def _lines(answer: Answer) -> Iterator[tuple[Any, ...]]:
    past = Past(answer)
    repeated = repeated_days(answer)
    without_values = families_without_values(answer)
    chances = zero_chances(answer)
    for day in answer.window.days:
        spend = past.value(day, "spend")
        if day > answer.account.finished_until or spend <= 0:
            continue
        yield (
            day.isoformat(),
            spend,
            spend_share(past, day),
            rate_share(past, day),
            repeated.get(day),
            run_length(past, day),
            chances.get(day),
            int(answer.history.is_confirmed_zero(day)),
            spend if day in answer.history.quiet else 0.0,
            listed(without_values.get(day, ())),
        )
