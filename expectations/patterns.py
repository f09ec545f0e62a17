"""The suite for client-days against the client's own past: volume, rates, repeats, zeros.

One row per client and day. Columns: `answer` (its batch), `client_id, date_day`, `spend_share`
(of the median of the same weekday, null without a profile or spend), `rate_share` (cost per mille
or click rate against the weeks before, whichever lies further off; null likewise), `same_as` (an
earlier day with the same campaign numbers), `run_length` (days in a row with the same account
totals), `zero_chance` (how likely no conversion is at the client's own rate; null where the rule
does not apply), `confirmed` (whether such a zero was confirmed), `quiet_spend` (spend on a day on
which the client is known not to advertise), `valueless` (families counted without any value that
have values on other days; null where there is none).
"""

import great_expectations.expectations as gxe
from great_expectations import ExpectationSuite
from great_expectations.expectations.row_conditions import Column

from expectations.catalogue import ZERO_CHANCE
from expectations.rules import rule

THIN_SHARE = 0.15
SPIKE_SHARE = 6.0
"""Spend below or above these shares of the weekday's median is suspicious."""
RATE_SHARE = 5.0
"""The same for cost per mille and click rate, in both directions."""
FROZEN_DAYS = 3


def build() -> ExpectationSuite:
    """The suite; medians and chances are part of the rows."""
    doubtful = gxe.ExpectColumnValuesToBeBetween
    return ExpectationSuite(
        name="patterns",
        expectations=[
            doubtful(
                column="zero_chance",
                min_value=ZERO_CHANCE,
                row_condition=Column("confirmed") == 0,
                **rule("zero_is_plausible"),
            ),
            doubtful(
                column="zero_chance",
                min_value=ZERO_CHANCE,
                row_condition=Column("confirmed") == 1,
                **rule("confirmed_zero"),
            ),
            doubtful(column="spend_share", min_value=THIN_SHARE, **rule("thin_day")),
            doubtful(column="spend_share", max_value=SPIKE_SHARE, **rule("spike")),
            doubtful(
                column="rate_share",
                min_value=1 / RATE_SHARE,
                max_value=RATE_SHARE,
                **rule("unusual_rates"),
            ),
            doubtful(column="run_length", max_value=FROZEN_DAYS - 1, **rule("frozen_numbers")),
            gxe.ExpectColumnValuesToBeNull(column="valueless", **rule("counts_have_values")),
            gxe.ExpectColumnValuesToBeNull(column="same_as", **rule("duplicated_day")),
            doubtful(column="quiet_spend", max_value=0, **rule("quiet_client")),
        ],
    )
