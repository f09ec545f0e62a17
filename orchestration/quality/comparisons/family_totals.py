"""The conversions of a day's campaigns beside those of the account's own total, by family."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from orchestration.answers.violation import Oddity
from orchestration.quality.rows.sums import ZERO, Sums, counted_types_of


@dataclass(frozen=True, kw_only=True)
class FamilyTotal:
    """A family's conversions and their value on a day: of the campaigns, and in the total.

    `has_total` is false where the account names no actions at all.
    """

    family: str
    has_total: bool
    parts: Decimal
    total: Decimal
    value_of_parts: Decimal
    value_of_total: Decimal

    @property
    def oddity(self) -> Oddity | None:
        """What is odd about it, if its campaigns have more than its total."""
        if self.has_total and self.parts <= self.total:
            return None
        return ("parts_within_total" if self.has_total else "total_has_actions", self.family)


def family_totals(total: Sums, parts: Sums) -> Iterator[FamilyTotal]:
    """The families that the account or its campaigns name on a day."""
    has_total = total.has_actions or not parts.counts
    for family, action_type in counted_types_of(total, parts).items():
        yield FamilyTotal(
            family=family,
            has_total=has_total,
            parts=parts.counts.get(action_type, ZERO),
            total=total.counts.get(action_type, ZERO),
            value_of_parts=parts.values.get(action_type, ZERO),
            value_of_total=total.values.get(action_type, ZERO),
        )
