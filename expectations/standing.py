"""The suite for client-days that are read again: numbers that fell below what stands.

One row per client, day and number that came lower than it stands. Columns: `answer` (its batch),
`client_id, date_day, metric`, `standing`, `answered`, `least` (what restatement may leave of it),
`confirmed` (1 where every reading of a day said the same), `said` (both numbers in words).
"""

import great_expectations.expectations as gxe
from great_expectations import ExpectationSuite
from great_expectations.expectations.row_conditions import Column

from expectations.rules import rule


def build() -> ExpectationSuite:
    """The suite; tolerances are part of the rows."""
    return ExpectationSuite(
        name="standing",
        expectations=[_not_below(0, "standing_data_vanished"), _not_below(1, "confirmed_fall")],
    )


def _not_below(confirmed: int, name: str) -> gxe.Expectation:
    return gxe.ExpectColumnPairValuesAToBeGreaterThanB(
        column_A="answered",
        column_B="least",
        or_equal=True,
        row_condition=Column("confirmed") == confirmed,
        **rule(name),
    )
