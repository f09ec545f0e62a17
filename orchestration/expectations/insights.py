"""The suite for rows of insights, as Meta sent them: one row per client, level, day and object.

Columns: `answer` (the position of its answer among those judged together), `client_id, level,
entity_id, date_start, date_stop, account_id, expected_account_id, account_currency,
expected_currency, is_asked_day`, numbers (`spend_n`, `impressions_n`, `clicks_n`, `link_clicks_n`;
0 where there is none), and what is odd about the row itself: see `ROW_ODDITIES` of the catalogue.
"""

import great_expectations.expectations as gxe
from great_expectations import ExpectationSuite
from great_expectations.expectations.row_conditions import Column

from orchestration.expectations.catalogue import ROW_ODDITIES
from orchestration.expectations.rule_arguments import rule, where_positive

SMALL_CREDIT = 1
"""Meta gives back small amounts; up to one unit of the currency only warns."""


def build() -> ExpectationSuite:
    """The suite; it does not depend on a client, so that one validation judges many."""
    return ExpectationSuite(
        name="insights", expectations=[*_belonging(), *_volume(), *_consistency(), *_oddities()]
    )


def _belonging() -> list[gxe.Expectation]:
    return [
        gxe.ExpectColumnPairValuesToBeEqual(
            column_A="account_id",
            column_B="expected_account_id",
            ignore_row_if="either_value_is_missing",
            **rule("own_account"),
        ),
        gxe.ExpectColumnPairValuesToBeEqual(
            column_A="account_currency",
            column_B="expected_currency",
            ignore_row_if="either_value_is_missing",
            **rule("own_currency"),
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="is_asked_day",
            value_set=[True],
            **rule("asked_days"),
        ),
        gxe.ExpectColumnPairValuesToBeEqual(
            column_A="date_start",
            column_B="date_stop",
            ignore_row_if="either_value_is_missing",
            **rule("single_day"),
        ),
    ]


def _volume() -> list[gxe.Expectation]:
    return [
        gxe.ExpectCompoundColumnsToBeUnique(
            column_list=["answer", "level", "date_start", "entity_id"],
            **rule("unique_grain"),
        )
    ]


def _consistency() -> list[gxe.Expectation]:
    negative = rule("not_negative")
    return [
        gxe.ExpectColumnValuesToBeBetween(column="spend_n", min_value=-SMALL_CREDIT, **negative),
        gxe.ExpectColumnValuesToBeBetween(
            column="spend_n",
            min_value=0,
            row_condition=Column("spend_n") >= -SMALL_CREDIT,
            **rule("small_credit"),
        ),
        gxe.ExpectColumnValuesToBeBetween(column="impressions_n", min_value=0, **negative),
        gxe.ExpectColumnValuesToBeBetween(
            column="impressions_n",
            min_value=1,
            **where_positive("spend_n"),
            **rule("spend_needs_impressions"),
        ),
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="impressions_n",
            column_B="clicks_n",
            or_equal=True,
            **rule("clicks_within_impressions"),
        ),
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="clicks_n",
            column_B="link_clicks_n",
            or_equal=True,
            **rule("link_clicks_within_clicks"),
        ),
    ]


def _oddities() -> list[gxe.Expectation]:
    return [
        gxe.ExpectColumnValuesToBeNull(column=column, **rule(name))
        for column, name in ROW_ODDITIES.items()
    ]
