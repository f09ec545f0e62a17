"""The suite for client-days: the campaign rows against the account-level control total.

One row per client, day and metric. Columns: `answer` (the position of its answer among those judged
together), `client_id, date_day, metric`, `kind`, `parts_level` and `total_level` (in words),
`row_count` (rows of the parts on the day), `parts` (their sum), `total`, `allowance` (by how much
they may differ), `parts_and_allowance`, `total_and_allowance`.

Values of `kind`: delivery; conversion; value (of the conversions of a family); no total (the
account names no actions); known (conversions of which the client was warned before that they are
more than the total, or without one); finer (ad sets or ads, with the campaigns as the total).
"""

import great_expectations.expectations as gxe
from great_expectations import ExpectationSuite
from great_expectations.expectations.row_conditions import Column

from orchestration.expectations.rule_arguments import rule, where_positive


def build() -> ExpectationSuite:
    """The suite; the tolerances are in the rows (from `orchestration.quality.tolerance`)."""
    return ExpectationSuite(
        name="control_totals",
        expectations=[
            gxe.ExpectColumnValuesToBeBetween(
                column="row_count",
                min_value=1,
                **where_positive("total"),
                **rule("rows_where_total_has_some"),
            ),
            _at_least("parts_and_allowance", "total", "delivery", "control_totals_agree"),
            _at_least("parts_and_allowance", "total", "conversion", "not_split"),
            _at_least("parts_and_allowance", "total", "value", "not_split"),
            gxe.ExpectColumnPairValuesAToBeGreaterThanB(
                column_A="total_and_allowance",
                column_B="parts",
                or_equal=True,
                row_condition=Column("kind").is_in(["delivery", "conversion"]),
                **rule("parts_within_total"),
            ),
            _at_least("parts_and_allowance", "total", "finer", "levels_agree"),
            _at_least("total_and_allowance", "parts", "finer", "levels_agree"),
            gxe.ExpectColumnValuesToNotBeInSet(
                column="kind", value_set=["no total"], **rule("total_has_actions")
            ),
        ],
    )


def _at_least(larger: str, smaller: str, kind: str, name: str) -> gxe.Expectation:
    return gxe.ExpectColumnPairValuesAToBeGreaterThanB(
        column_A=larger,
        column_B=smaller,
        or_equal=True,
        row_condition=Column("kind") == kind,
        **rule(name),
    )
