"""Faults in the numbers: answers that arrive well and are wrong, one small class per kind.

A kind says at which levels it works and does one of three things, always only to the days the
fault covers: change the campaign-days before they are added up, repeat rows, or spoil a row.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from orchestration.sandbox.model import Account, Record

LEVELS = ("account", "campaign")


class DataKind:
    """One kind of wrong data; the base class changes nothing."""

    name: ClassVar[str]
    description: ClassVar[str]
    levels: ClassVar[tuple[str, ...]] = LEVELS
    copies: ClassVar[int] = 1

    def records(self, records: Sequence[Record]) -> Sequence[Record]:
        """The campaign-days of one covered day, changed."""
        return records

    def spoil(self, row: dict[str, Any], account: Account) -> None:
        """Change a rendered row that holds a covered day."""


class Split(DataKind):
    """Conversions known to the account and to none of its campaigns."""

    name = "split"
    description = "campaign rows carry no actions and no action_values; the account row keeps them"
    levels = ("campaign",)

    def records(self, records: Sequence[Record]) -> Sequence[Record]:
        """Without any conversion."""
        return [record._replace(conversions=()) for record in records]


class SplitPurchase(DataKind):
    """Purchases known to the account and to none of its campaigns."""

    name = "split_purchase"
    description = "campaign rows carry no purchase types; the account row keeps them"
    levels = ("campaign",)

    def records(self, records: Sequence[Record]) -> Sequence[Record]:
        """Without the conversions that are purchases under any of their types."""
        return [
            record._replace(
                conversions=tuple(c for c in record.conversions if "purchase" not in c.types)
            )
            for record in records
        ]


class RowsDropped(DataKind):
    """Half of the campaigns are lost."""

    name = "rows_dropped"
    description = "every second campaign row of the days is missing; the account row is complete"
    levels = ("campaign",)

    def records(self, records: Sequence[Record]) -> Sequence[Record]:
        """The first, the third, ..."""
        return records[::2]


class EmptyDays(DataKind):
    """Whole days are lost at campaign level."""

    name = "empty_days"
    description = "the days have no campaign rows; the account row is complete"
    levels = ("campaign",)

    def records(self, records: Sequence[Record]) -> Sequence[Record]:
        """Nothing."""
        del records
        return ()


class Holes(DataKind):
    """Whole days are lost everywhere, so both levels agree."""

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


class WrongDates(DataKind):
    """Rows carry another day than the one asked for."""

    name = "wrong_dates"
    description = "date_start and date_stop are one year early"

    def spoil(self, row: dict[str, Any], account: Account) -> None:
        """Both dates move by 365 days."""
        del account
        for name in ("date_start", "date_stop"):
            row[name] = (date.fromisoformat(row[name]) - timedelta(days=365)).isoformat()


class Negative(DataKind):
    """Spend below zero."""

    name = "negative"
    description = "spend is negative"

    def spoil(self, row: dict[str, Any], account: Account) -> None:
        """A minus sign."""
        del account
        if "spend" in row:
            row["spend"] = f"-{row['spend']}"


class NonNumeric(DataKind):
    """Spend that is no number."""

    name = "non_numeric"
    description = "spend is the text 'n/a'"

    def spoil(self, row: dict[str, Any], account: Account) -> None:
        """Text for a number."""
        del account
        if "spend" in row:
            row["spend"] = "n/a"


class SpendWithoutImpressions(DataKind):
    """Money spent on nothing."""

    name = "spend_without_impressions"
    description = "impressions are 0 while spend stays"

    def spoil(self, row: dict[str, Any], account: Account) -> None:
        """Nobody saw anything."""
        del account
        if "impressions" in row:
            row["impressions"] = "0"


class WrongCurrency(DataKind):
    """Rows in another currency than the account's."""

    name = "wrong_currency"
    description = "account_currency is not the account's: USD, or EUR in an account in USD"

    def spoil(self, row: dict[str, Any], account: Account) -> None:
        """Another code, the same numbers."""
        if "account_currency" in row:
            row["account_currency"] = "EUR" if account.currency == "USD" else "USD"


class TotalsDisagree(DataKind):
    """The account's own total is not the sum of its campaigns."""

    name = "totals_disagree"
    description = "the account row's spend is 10 % above the sum of the campaigns"
    levels = ("account",)

    def spoil(self, row: dict[str, Any], account: Account) -> None:
        """A tenth more, in whole minor units."""
        # Another fault may have made text of it already.
        if row.get("spend", "n/a") != "n/a":
            more = Decimal(row["spend"]) * 11 / 10
            row["spend"] = account.text(more.quantize(Decimal(1).scaleb(-account.decimals)))


DATA_KINDS: dict[str, DataKind] = {
    kind.name: kind()
    for kind in (
        Split,
        SplitPurchase,
        RowsDropped,
        EmptyDays,
        Holes,
        Duplicated,
        WrongDates,
        Negative,
        NonNumeric,
        SpendWithoutImpressions,
        WrongCurrency,
        TotalsDisagree,
    )
}
