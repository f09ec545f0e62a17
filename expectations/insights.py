"""The suite for rows of insights, as Meta sent them: one row per client, level, day and object.

Columns: `answer` (its batch), `client_id, level, entity_id, date_start, date_stop, account_id,
expected_account_id, account_currency, expected_currency, is_asked_day`, the metrics as text
(`spend`, `impressions`, `reach`, `clicks`, `inline_link_clicks`), as numbers (`spend_n`,
`impressions_n`, `clicks_n`, `link_clicks_n`), and `actions_problem` (null where the arrays of
actions are well formed).
"""

import great_expectations.expectations as gxe
from great_expectations import ExpectationSuite

from expectations.rules import rule, where_positive

REQUIRED = ("entity_id", "date_start", "date_stop", "account_id", "account_currency")
REQUIRED_METRICS = ("spend", "impressions")
COUNTS = ("impressions", "reach", "clicks", "inline_link_clicks")
DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z"
COUNT = r"^-?[0-9]{1,18}\Z"
MONEY = r"^-?[0-9]{1,18}(\.[0-9]{1,40})?\Z"
"""What the warehouse's bigint and numeric hold without a doubt; other digits than 0-9 are none."""


def build() -> ExpectationSuite:
    """The suite; it does not depend on a client, so that one run judges many."""
    return ExpectationSuite(
        name="insights", expectations=[*_schema(), *_belonging(), *_volume(), *_consistency()]
    )


def _schema() -> list[gxe.Expectation]:
    required = rule("required_fields", "blocking", "A field that every row must have is missing.")
    formats = rule("formats", "blocking", "A value is not a number or a date in Meta's form.")
    return [
        *(gxe.ExpectColumnValuesToNotBeNull(column=c, **required) for c in REQUIRED),
        *(gxe.ExpectColumnValuesToNotBeNull(column=c, **required) for c in REQUIRED_METRICS),
        *(gxe.ExpectColumnValuesToMatchRegex(column=c, regex=COUNT, **formats) for c in COUNTS),
        gxe.ExpectColumnValuesToMatchRegex(column="spend", regex=MONEY, **formats),
        gxe.ExpectColumnValuesToMatchRegex(column="date_start", regex=DAY, **formats),
        gxe.ExpectColumnValuesToBeNull(
            column="actions_problem",
            **rule("actions_well_formed", "blocking", "An entry of actions cannot be read."),
        ),
    ]


def _belonging() -> list[gxe.Expectation]:
    return [
        gxe.ExpectColumnPairValuesToBeEqual(
            column_A="account_id",
            column_B="expected_account_id",
            ignore_row_if="either_value_is_missing",
            **rule("own_account", "blocking", "A row belongs to another ad account."),
        ),
        gxe.ExpectColumnPairValuesToBeEqual(
            column_A="account_currency",
            column_B="expected_currency",
            ignore_row_if="either_value_is_missing",
            **rule("own_currency", "blocking", "A row has another currency than its account."),
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="is_asked_day",
            value_set=[True],
            **rule("asked_days", "blocking", "A row is of a day that was not asked for."),
        ),
        gxe.ExpectColumnPairValuesToBeEqual(
            column_A="date_start",
            column_B="date_stop",
            ignore_row_if="either_value_is_missing",
            **rule("single_day", "blocking", "A row spans more than its one day."),
        ),
    ]


def _volume() -> list[gxe.Expectation]:
    return [
        gxe.ExpectCompoundColumnsToBeUnique(
            column_list=["answer", "level", "date_start", "entity_id"],
            **rule("unique_grain", "blocking", "The same object stands twice on one day."),
        )
    ]


def _consistency() -> list[gxe.Expectation]:
    negative = rule("not_negative", "blocking", "Spend or impressions are below zero.")
    return [
        gxe.ExpectColumnValuesToBeBetween(column="spend_n", min_value=0, **negative),
        gxe.ExpectColumnValuesToBeBetween(column="impressions_n", min_value=0, **negative),
        gxe.ExpectColumnValuesToBeBetween(
            column="impressions_n",
            min_value=1,
            **where_positive("spend_n"),
            **rule("spend_needs_impressions", "blocking", "Money was spent on no impression."),
        ),
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="impressions_n",
            column_B="clicks_n",
            or_equal=True,
            **rule("clicks_within_impressions", "warning", "More clicks than impressions."),
        ),
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="clicks_n",
            column_B="link_clicks_n",
            or_equal=True,
            **rule("link_clicks_within_clicks", "warning", "More link clicks than clicks."),
        ),
    ]
