"""The suite for client-days: the campaign rows against the account-level control total.

One row per client, day and metric. Columns: `client_id, date_day, metric, kind` (delivery or
conversion), `row_count` (campaign rows of the day), `parts` (their sum), `total` (the account's),
`parts_and_allowance`, `total_and_allowance` (with the tolerance added).
"""

import great_expectations.expectations as gxe
from great_expectations import ExpectationSuite
from great_expectations.expectations.row_conditions import Column

from expectations.rules import rule, where_positive


def build() -> ExpectationSuite:
    """The suite; tolerances are part of the rows, so that one place states them."""
    delivery = {"row_condition": Column("kind") == "delivery"}
    conversion = {"row_condition": Column("kind") == "conversion"}
    return ExpectationSuite(
        name="client_days",
        expectations=[
            gxe.ExpectColumnValuesToBeBetween(
                column="row_count",
                min_value=1,
                **where_positive("total"),
                **rule(
                    "rows_where_total_has_some",
                    "blocking",
                    "No campaign row came, though the account's total says there was something.",
                ),
            ),
            gxe.ExpectColumnPairValuesAToBeGreaterThanB(
                column_A="parts_and_allowance",
                column_B="total",
                or_equal=True,
                **delivery,
                **rule(
                    "control_totals_agree",
                    "blocking",
                    "The campaigns add up to less than the account's own total.",
                ),
            ),
            gxe.ExpectColumnPairValuesAToBeGreaterThanB(
                column_A="parts_and_allowance",
                column_B="total",
                or_equal=True,
                **conversion,
                **rule(
                    "not_split",
                    "blocking",
                    "Campaigns came without conversions that the account's total has.",
                ),
            ),
            gxe.ExpectColumnPairValuesAToBeGreaterThanB(
                column_A="total_and_allowance",
                column_B="parts",
                or_equal=True,
                **rule(
                    "parts_within_total",
                    "warning",
                    "The campaigns add up to more than the account's own total.",
                ),
            ),
        ],
    )
