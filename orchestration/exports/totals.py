"""The line that sums up an export, which Ads Manager puts first or last: known, and checked."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path

import yaml

from orchestration.exports.currencies import WHOLE
from orchestration.exports.export import exact_sum
from orchestration.exports.headers import MONEY, plain
from orchestration.exports.refusal import ExportRefusedError, Refusal

FILE = Path(__file__).with_name("totals.yml")
NOT_ADDITIVE = frozenset({"reach", "results"})
"""A total of reach counts a person once; a total of results mixes their types."""


@cache
def _total_words() -> re.Pattern[str]:
    words = {
        plain(word)
        for written in yaml.safe_load(FILE.read_text(encoding="utf-8")).values()
        for word in written
    }
    return re.compile(rf"(?:{'|'.join(sorted(words, key=len, reverse=True))})(?: .*)?")


def is_total(text: str) -> bool:
    """Whether a text says that its line is a total."""
    return _total_words().fullmatch(plain(text)) is not None


def check_total(
    line: int,
    total: Mapping[str, Decimal],
    rows: Sequence[Mapping[str, Decimal]],
    labels: Mapping[str, str],
    currency: str,
) -> None:
    """Compare the total with the sum of the rows; amounts may differ by their rounding.

    Raises:
        ExportRefusedError: it says something else.
    """
    refusals = []
    for meaning, stated in total.items():
        if meaning in NOT_ADDITIVE:
            continue
        values = [row[meaning] for row in rows if meaning in row]
        found = exact_sum(values)
        if abs(stated - found) > _rounding(meaning, values, currency):
            refusals.append(
                Refusal(
                    line,
                    f", column {labels[meaning]}: the total says {stated:f}, and the other lines "
                    f"add up to {found:f}.",
                )
            )
    if refusals:
        raise ExportRefusedError(refusals)


def _rounding(meaning: str, values: Sequence[Decimal], currency: str) -> Decimal:
    """What rounding each amount can make of their sum: half a unit of the last place each."""
    if meaning not in MONEY:
        return Decimal(0)
    places = max((-int(value.as_tuple().exponent) for value in values), default=0)
    places = max(places, 0 if currency in WHOLE else 2)
    return Decimal(5).scaleb(-places - 1) * (len(values) + 1)
