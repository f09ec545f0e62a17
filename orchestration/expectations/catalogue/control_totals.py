"""Rules about campaigns beside their account's own total, and deeper levels beside campaigns."""

from collections.abc import Mapping
from functools import partial

from orchestration.expectations.catalogue.rule import Rule, blocking, warning

_blocking, _warning = partial(blocking, "control_totals"), partial(warning, "control_totals")
_PARTS_AND_TOTAL = "{metric}: {parts_level} {parts}, {total_level} {total}"

RULES: Mapping[str, Rule] = {
    "rows_where_total_has_some": _blocking(
        "No campaign row came, but the account's own total is above zero.",
        _PARTS_AND_TOTAL,
        is_releasable=True,
        compares_answers=True,
        spoils_running_day=True,
        alert="control_totals_disagree",
    ),
    "control_totals_agree": _blocking(
        "The campaigns add up to less than the account's own total.",
        _PARTS_AND_TOTAL,
        is_releasable=True,
        compares_answers=True,
        alert="control_totals_disagree",
    ),
    "not_split": _blocking(
        "The account's own total has conversions, or conversion value, that its campaigns lack.",
        _PARTS_AND_TOTAL,
        is_releasable=True,
        compares_answers=True,
        asks_witness=True,
        spoils_running_day=True,
        alert="split_data",
    ),
    "parts_within_total": _warning(
        "The campaigns add up to more than the account's own total.",
        _PARTS_AND_TOTAL,
        warns_once=True,
    ),
    "total_has_actions": _warning(
        "The account's own total names no actions, but its campaigns do.",
        "{metric}: {parts_level} {parts}, {total_level} no actions",
        warns_once=True,
    ),
    "levels_agree": _warning(
        "The ad sets or ads do not add up to their campaigns.",
        _PARTS_AND_TOTAL,
    ),
}
