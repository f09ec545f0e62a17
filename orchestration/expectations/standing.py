"""The suite for client-days that are read again: numbers that fell below what stands in staging.

One row per client, day and number that came lower than it stands. Columns: `answer` (the position
of its answer among those judged together), `client_id, date_day, metric`, `standing`, `answered`,
`least` (what restatement may leave of it), `confirmed` (1 where every reading of 24 hours said the
same).
"""

import great_expectations.expectations as gxe
from great_expectations import ExpectationSuite
from great_expectations.expectations.row_conditions import Column

from orchestration.expectations.rule_arguments import rule


def build() -> ExpectationSuite:
    """The suite; the tolerances are in the rows (from `orchestration.quality.tolerance`)."""
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
