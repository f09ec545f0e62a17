"""Every rule of the gate: its name, how severe it is, and what it means in words of the business.

Each has a section in `docs/runbook.md`. Importing this does not import Great Expectations.
"""

from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["blocking", "warning"]
ZERO_CHANCE = 1e-6
"""Days without a conversion are refused when their chance is below this: once in a million days."""


@dataclass(frozen=True)
class Rule:
    """One rule.

    `is_releasable`: rows that break it can stand in staging if a person says so.
    `compares_answers`: it compares two answers of one moment, so both are read once more first.
    `asks_witness`: a deeper level is asked about the day before it is refused.
    `is_confirmed_by_time`: what every reading of a day said alike is kept, with a warning.
    `needs_a_look`: a warning that a run does not end well with, the day being kept all the same.
    `alert`: the rule of alerts that tells of days refused for it, split days apart.
    """

    severity: Severity
    description: str
    is_releasable: bool = False
    compares_answers: bool = False
    asks_witness: bool = False
    is_confirmed_by_time: bool = False
    needs_a_look: bool = False
    alert: str = "quarantine_waiting"


def _blocking(description: str, *, releasable: bool = False, **how: Any) -> Rule:
    return Rule("blocking", description, releasable, **how)


def _warning(description: str, **how: Any) -> Rule:
    return Rule("warning", description, True, **how)


RULES: dict[str, Rule] = {
    "required_fields": _blocking("A field that every row must have is missing."),
    "formats": _blocking("A value is not an id, a number or a date in Meta's form."),
    "actions_well_formed": _blocking("An entry of actions cannot be read."),
    "own_account": _blocking("A row belongs to another ad account."),
    "own_currency": _blocking("A row has another currency than its account."),
    "asked_days": _blocking("The answer is about days that were not asked for."),
    "single_day": _blocking("A row spans more than its one day."),
    "unique_grain": _blocking("The same object stands twice on one day."),
    "not_negative": _blocking("Spend or impressions are below zero.", releasable=True),
    "spend_needs_impressions": _blocking("Money was spent on no impression.", releasable=True),
    "rows_where_total_has_some": _blocking(
        "No campaign row came, though the account's total says there was something.",
        releasable=True,
        compares_answers=True,
        alert="control_totals_disagree",
    ),
    "control_totals_agree": _blocking(
        "The campaigns add up to less than the account's own total.",
        releasable=True,
        compares_answers=True,
        alert="control_totals_disagree",
    ),
    "not_split": _blocking(
        "Campaigns came without conversions that the account's total has.",
        releasable=True,
        compares_answers=True,
        asks_witness=True,
    ),
    "standing_data_vanished": _blocking(
        "Less came than stands for the day, and more is gone than Meta's restatements explain.",
        releasable=True,
        asks_witness=True,
        alert="data_vanished",
    ),
    "witness_disagrees": _blocking(
        "The ad sets or ads delivered something else than the account and its campaigns say.",
        releasable=True,
        alert="data_vanished",
    ),
    "clicks_name_actions": _blocking(
        "A campaign has link clicks and names no action, though Meta names link_click for each.",
        releasable=True,
        asks_witness=True,
        is_confirmed_by_time=True,
    ),
    "counts_have_values": _blocking(
        "Conversions came without any value, though this client's have values on other days.",
        releasable=True,
        asks_witness=True,
        is_confirmed_by_time=True,
    ),
    "zero_is_plausible": _blocking(
        "No conversion at all, where the client's own rate makes that next to impossible.",
        releasable=True,
        asks_witness=True,
    ),
    "confirmed_zero": _warning(
        "No conversion at all, against the client's own rate; the account says so for a day now."
    ),
    "confirmed_fall": _warning(
        "Less than what stood for the day; every reading of a day said the same, so it is kept.",
        asks_witness=True,
        needs_a_look=True,
    ),
    "unexpected_silence": _warning(
        "No row at any level for a day with delivery around it; it is kept as zero.",
        needs_a_look=True,
    ),
    "sudden_drop": _warning(
        "Less than a third of what was spent the day and the week before; all levels say the same.",
        needs_a_look=True,
    ),
    "mended_from_below": _warning(
        "Account and campaigns lacked conversions that their ad sets or ads have; completed."
    ),
    "small_credit": _warning("Meta gave back up to one unit of the currency."),
    "negative_values": _warning("A conversion value is below zero, such as a refund."),
    "deleted_campaigns": _warning(
        "Meta left deleted campaigns out; their rows were asked for by their ids and added."
    ),
    "parts_within_total": _warning("The campaigns add up to more than the account's own total."),
    "total_has_actions": _warning("The account's total names no actions, its campaigns do."),
    "levels_agree": _warning("Ad sets or ads add up to something else than their campaigns."),
    "clicks_within_impressions": _warning("More clicks than impressions."),
    "link_clicks_within_clicks": _warning("More link clicks than clicks."),
    "value_needs_count": _warning("Conversions have a value, but nobody counted them."),
    "known_action_types": _warning("An action type that nobody has reviewed; it is not counted."),
    "known_fields": _warning("Meta sent a field that was not asked for; it is left out."),
    "storable_text": _warning("A name holds what no text can be; a replacement stands for it."),
    "duplicated_day": _warning("A day's campaigns have exactly the numbers of an earlier day."),
    "frozen_numbers": _warning("The account repeats its numbers for three days or more."),
    "thin_day": _warning("Far less spend than on the same weekday of the weeks before."),
    "spike": _warning("Far more spend than on the same weekday of the weeks before."),
    "unusual_rates": _warning("Cost per mille or click rate far outside of the weeks before."),
    "quiet_client": _warning("Delivery on days on which the client is paused or has ended."),
}
