"""Faults in the numbers: answers that arrive well and are wrong, one small class per kind.

Those here change what rows are made of; `row_faults` and `shape_faults` spoil finished rows, those
of `vanish_faults` and `ordinary_life` alter what campaigns did.
"""

from collections.abc import Sequence
from datetime import date

from orchestration.sandbox.faults.data_kind import PARTS, DataKind
from orchestration.sandbox.faults.ordinary_life import BudgetCut, InvalidTraffic, Refunds
from orchestration.sandbox.faults.rows import (
    MoreClicksThanImpressions,
    Negative,
    NonNumeric,
    SpendWithoutImpressions,
    Spike,
    TotalsDisagree,
    WrongCurrency,
    WrongDates,
)
from orchestration.sandbox.faults.shapes import (
    CutEmoji,
    DeepField,
    ExtraField,
    ForeignBytes,
    LoneSurrogate,
    MissingField,
    NoCurrency,
    NullValues,
    RawControls,
    StringGarbage,
    UnknownActionType,
    ValueWithoutCount,
)
from orchestration.sandbox.faults.vanish import UpperLevelsLose, Vanish
from orchestration.sandbox.world.model import LEVELS, AdObject, Record

__all__ = ["DATA_KINDS", "LEVELS", "DataKind"]


class Split(DataKind):
    """Conversions known to the account and to none of its parts."""

    name = "split"
    description = (
        "rows below the account carry no actions and no action_values; the account row keeps them"
    )
    levels = PARTS

    def records(self, records: Sequence[Record]) -> Sequence[Record]:
        """Without any conversion."""
        return [record._replace(conversions=()) for record in records]


class SplitPurchase(DataKind):
    """Purchases known to the account and to none of its parts."""

    name = "split_purchase"
    description = "rows below the account carry no purchase types; the account row keeps them"
    levels = PARTS

    def records(self, records: Sequence[Record]) -> Sequence[Record]:
        """Without the conversions that are purchases under any of their types."""
        return [
            record._replace(
                conversions=tuple(c for c in record.conversions if "purchase" not in c.types)
            )
            for record in records
        ]


class RowsDropped(DataKind):
    """Half of the objects are lost."""

    name = "rows_dropped"
    description = "every second row below the account is missing; the account row is complete"
    levels = PARTS

    def records(self, records: Sequence[Record]) -> Sequence[Record]:
        """The first, the third, ..."""
        return records[::2]


class DeletedHidden(DataKind):
    """Deleted campaigns lost to whoever reads their account."""

    name = "deleted_hidden"
    description = (
        "an account tells no rows of its deleted campaigns, asked for or not; its total keeps "
        "them, and so does each campaign itself"
    )
    levels = PARTS

    def keeps(self, owner: AdObject, today: date) -> bool:
        """All but those of campaigns that are deleted by now."""
        campaign = owner.at("campaign")
        return campaign is None or campaign.life.status(today) != "DELETED"


class EmptyDays(DataKind):
    """Whole days are lost below the account."""

    name = "empty_days"
    description = "the days have no rows below the account; the account row is complete"
    levels = PARTS

    def records(self, records: Sequence[Record]) -> Sequence[Record]:
        """Nothing."""
        del records
        return ()


class Holes(DataKind):
    """Whole days are lost everywhere, so all levels agree."""

    name = "holes"
    description = "the days are missing at every level"

    def records(self, records: Sequence[Record]) -> Sequence[Record]:
        """Nothing."""
        del records
        return ()


class Duplicated(DataKind):
    """Rows come twice."""

    name = "duplicated"
    description = "every row of the days comes twice"
    copies = 2


class Frozen(DataKind):
    """Numbers that stopped moving."""

    name = "frozen"
    description = "the days repeat the numbers of the first of them"

    def day(self, day: date, first: date) -> date:
        """Always the first one."""
        del day
        return first


DATA_KINDS: dict[str, DataKind] = {
    kind.name: kind()
    for kind in (
        Split,
        SplitPurchase,
        RowsDropped,
        DeletedHidden,
        EmptyDays,
        Holes,
        Duplicated,
        Frozen,
        Vanish,
        UpperLevelsLose,
        WrongDates,
        Negative,
        NonNumeric,
        SpendWithoutImpressions,
        WrongCurrency,
        TotalsDisagree,
        Spike,
        MoreClicksThanImpressions,
        UnknownActionType,
        ValueWithoutCount,
        NoCurrency,
        DeepField,
        ExtraField,
        MissingField,
        NullValues,
        LoneSurrogate,
        CutEmoji,
        ForeignBytes,
        RawControls,
        StringGarbage,
        Refunds,
        InvalidTraffic,
        BudgetCut,
    )
}
