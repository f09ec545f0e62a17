"""The suite for client-days against the client's own past: volume, rates, repeats, zeros.

One row per client and day with spend. Columns: `answer` (the position of its answer among those
judged together), `client_id, date_day, spend`, `spend_share` (of the median of the same weekday;
null without enough of a past), `rate_share` (cost per mille or click rate as a share of the weeks
before, whichever is further off; null likewise), `same_as` (an earlier day with the same campaign
numbers), `run_length` (days in a row with the same account totals), `zero_chance` (how likely no
conversion is at the client's own rate; null where there are conversions or nothing to compare
with), `confirmed` (1 where such a zero was confirmed), `quiet_spend` (spend on a day on which the
client is paused or has ended), `valueless` (families counted without any value that have values on
other days; null where there is none).
"""

import great_expectations.expectations as gxe
from great_expectations import ExpectationSuite
from great_expectations.expectations.row_conditions import Column

from orchestration.expectations.catalogue import ZERO_CHANCE
from orchestration.expectations.rule_arguments import rule

THIN_SHARE = 0.15
SPIKE_SHARE = 6.0
"""Spend below or above these shares of the weekday's median is unusual."""
RATE_SHARE = 5.0
"""Cost per mille or click rate above this share of the usual, or below its inverse, is unusual."""
FROZEN_DAYS = 3
"""Days in a row with the same totals that are unusual."""


def build() -> ExpectationSuite:
    """The suite; medians and chances are in the rows."""
    between = gxe.ExpectColumnValuesToBeBetween
    return ExpectationSuite(
        name="patterns",
        expectations=[
            between(
                column="zero_chance",
                min_value=ZERO_CHANCE,
                row_condition=Column("confirmed") == 0,
                **rule("zero_is_plausible"),
            ),
            between(
                column="zero_chance",
                min_value=ZERO_CHANCE,
                row_condition=Column("confirmed") == 1,
                **rule("confirmed_zero"),
            ),
            between(column="spend_share", min_value=THIN_SHARE, **rule("thin_day")),
            between(column="spend_share", max_value=SPIKE_SHARE, **rule("spike")),
            between(
                column="rate_share",
                min_value=1 / RATE_SHARE,
                max_value=RATE_SHARE,
                **rule("unusual_rates"),
            ),
            between(column="run_length", max_value=FROZEN_DAYS - 1, **rule("frozen_numbers")),
            gxe.ExpectColumnValuesToBeNull(column="valueless", **rule("counts_have_values")),
            gxe.ExpectColumnValuesToBeNull(column="same_as", **rule("duplicated_day")),
            between(column="quiet_spend", max_value=0, **rule("quiet_client")),
        ],
    )
