"""Rules about the rows themselves, and about rows that were added or completed."""

from collections.abc import Mapping
from functools import partial

from orchestration.expectations.catalogue.rule import Rule, blocking, warning

_blocking, _warning = partial(blocking, "insights"), partial(warning, "insights")

RULES: Mapping[str, Rule] = {
    "required_fields": _blocking(
        "A field that every row must have is missing.",
        "{object}: no {missing}",
    ),
    "formats": _blocking(
        "A value is not an id, a number or a date in Meta's form.",
        "{object}: {malformed}",
    ),
    "actions_well_formed": _blocking(
        "An entry of actions or action_values cannot be read.",
        "{object}: {actions_problem}",
    ),
    "own_account": _blocking(
        "A row belongs to another ad account.",
        "{object}: expected account {expected_account_id}, came {account_id}",
    ),
    "own_currency": _blocking(
        "A row has another currency than its ad account.",
        "{object}: expected {expected_currency}, came {account_currency}",
    ),
    "asked_days": _blocking(
        "A row is about a day that was not asked for.",
        "{object}: {date_start}",
    ),
    "single_day": _blocking(
        "A row covers more than one day.",
        "{object}: {date_start} to {date_stop}",
    ),
    "unique_grain": _blocking(
        "The same object has two rows on one day.",
        "{object}",
    ),
    "not_negative": _blocking(
        "Spend or impressions are below zero.",
        "{object}: spend {spend_n}, impressions {impressions_n}",
        is_releasable=True,
    ),
    "spend_needs_impressions": _blocking(
        "Money was spent, but there are no impressions.",
        "{object}: spend {spend_n}, impressions {impressions_n}",
        is_releasable=True,
    ),
    "clicks_name_actions": _blocking(
        "A campaign has link clicks and no actions, though Meta names link_click for each of them.",
        "{object}: {unnamed_clicks} link clicks, no actions",
        is_releasable=True,
        asks_witness=True,
        is_confirmed_by_time=True,
        superseded_by="not_split",
        alert="split_data",
    ),
    "small_credit": _warning(
        "Meta gave back up to one unit of the currency.",
        "{object}: spend {spend_n}",
    ),
    "negative_values": _warning(
        "A conversion value is below zero, such as a refund.",
        "{object}: {negative_values}",
    ),
    "clicks_within_impressions": _warning(
        "There are more clicks than impressions.",
        "{object}: clicks {clicks_n}, impressions {impressions_n}",
    ),
    "link_clicks_within_clicks": _warning(
        "There are more link clicks than clicks.",
        "{object}: link clicks {link_clicks_n}, clicks {clicks_n}",
    ),
    "value_needs_count": _warning(
        "Conversions have a value but no count.",
        "{object}: {uncounted}",
    ),
    "known_action_types": _warning(
        "Nobody has reviewed this action type yet; it is not counted.",
        "{object}: {unknown_types}",
        warns_once=True,
    ),
    "known_fields": _warning(
        "Meta sent a field that was not asked for; it is left out.",
        "{object}: {unknown_fields}",
        warns_once=True,
    ),
    "storable_text": _warning(
        "A name has a character that cannot be stored; a replacement stands for it.",
        "{odd_text}",
        warns_once=True,
    ),
    "deleted_campaigns": _warning(
        "Meta left deleted campaigns out; their rows were asked for by their ids and added.",
    ),
    "mended_from_below": _warning(
        "The account and its campaigns lacked conversions that a deeper level has; completed.",
    ),
}

ROW_ODDITIES: Mapping[str, str] = {
    "missing": "required_fields",
    "malformed": "formats",
    "actions_problem": "actions_well_formed",
    "unknown_types": "known_action_types",
    "uncounted": "value_needs_count",
    "unnamed_clicks": "clicks_name_actions",
    "negative_values": "negative_values",
    "odd_text": "storable_text",
    "unknown_fields": "known_fields",
}
"""Columns of the suite `insights` that say what is odd about a row, and the rule that refuses it or
warns of it; null where nothing is odd."""
