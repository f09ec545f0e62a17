"""Rules about a day beside the client's own past and the other days of the answer."""

from collections.abc import Mapping
from functools import partial

from orchestration.expectations.catalogue.rule import Rule, blocking, warning

_blocking, _warning = partial(blocking, "patterns"), partial(warning, "patterns")

ZERO_CHANCE = 1e-6
"""Days without a conversion are refused when their chance is below this: once in a million days."""

RULES: Mapping[str, Rule] = {
    "counts_have_values": _blocking(
        "Conversions came without any value, though this client's have values on other days.",
        "without a value: {valueless}",
        is_releasable=True,
        asks_witness=True,
        is_confirmed_by_time=True,
        alert="split_data",
    ),
    "zero_is_plausible": _blocking(
        "There is no conversion at all, which the client's own rate makes next to impossible.",
        "spend {spend}, chance of no conversion {zero_chance}",
        is_releasable=True,
        asks_witness=True,
        alert="split_data",
    ),
    "confirmed_zero": _warning(
        "There is no conversion at all, against the client's own rate; kept, because the account "
        "said so for 24 hours.",
        "spend {spend}, chance of no conversion {zero_chance}",
    ),
    "unexpected_silence": _warning(
        "No row came at any level, though there is delivery before the day; it is kept as zero.",
        needs_a_look=True,
    ),
    "sudden_drop": _warning(
        "Spend is less than a third of the day before and of the week before; all levels agree.",
        needs_a_look=True,
    ),
    "duplicated_day": _warning(
        "The campaigns have exactly the numbers of an earlier day.",
        "same as {same_as}",
    ),
    "frozen_numbers": _warning(
        "The account has the same numbers for three days in a row or more.",
        "{run_length} days",
    ),
    "thin_day": _warning(
        "Spend is far below the same weekday of the weeks before.",
        "spend {spend}, {spend_share} times the usual",
        superseded_by="sudden_drop",
    ),
    "spike": _warning(
        "Spend is far above the same weekday of the weeks before.",
        "spend {spend}, {spend_share} times the usual",
    ),
    "unusual_rates": _warning(
        "The cost per mille or the click rate is far from the weeks before.",
        "{rate_share} times the usual",
    ),
    "quiet_client": _warning(
        "There is delivery on a day on which the client is paused or has ended.",
        "spend {quiet_spend}",
    ),
}
