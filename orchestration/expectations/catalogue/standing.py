"""Rules about an answer beside what stands in staging, and beside what a deeper level says."""

from collections.abc import Mapping
from functools import partial

from orchestration.expectations.catalogue.rule import Rule, blocking, warning

_blocking, _warning = partial(blocking, "standing"), partial(warning, "standing")

RULES: Mapping[str, Rule] = {
    "standing_data_vanished": _blocking(
        "Less came than stands for the day, and the loss is more than Meta's corrections explain.",
        "{metric}: {standing} stands, {answered} came",
        is_releasable=True,
        release_is_for_one_reading=True,
        asks_witness=True,
        alert="data_vanished",
    ),
    "witness_disagrees": _blocking(
        "The ad sets or ads have another delivery than the account and its campaigns.",
        is_releasable=True,
        alert="data_vanished",
    ),
    "confirmed_fall": _warning(
        "Less came than stood for the day; kept, because every reading of 24 hours said the same.",
        "{metric}: {standing} stands, {answered} came",
        asks_witness=True,
        needs_a_look=True,
    ),
}
