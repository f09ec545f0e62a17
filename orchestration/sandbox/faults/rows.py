"""Faults that spoil finished rows: dates, numbers, currencies and names that cannot be right."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from orchestration.sandbox.faults.data_kind import DataKind
from orchestration.sandbox.world.model import Account


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
        if _is_number(row.get("spend")):
            more = Decimal(row["spend"]) * 11 / 10
            row["spend"] = account.text(more.quantize(Decimal(1).scaleb(-account.decimals)))


class Spike(DataKind):
    """Ten times as much as there was."""

    name = "spike"
    description = "spend and impressions are ten times as high"

    def spoil(self, row: dict[str, Any], account: Account) -> None:
        """Two metrics times ten."""
        for name in ("spend", "impressions"):
            if _is_number(row.get(name)):
                row[name] = account.text(Decimal(row[name]) * 10)


class MoreClicksThanImpressions(DataKind):
    """Clicks on what was not shown."""

    name = "more_clicks_than_impressions"
    description = "clicks are twice the impressions"

    def spoil(self, row: dict[str, Any], account: Account) -> None:
        """Clicks from impressions."""
        if _is_number(row.get("impressions")):
            row["clicks"] = account.text(Decimal(row["impressions"]) * 2 + 1)


def _is_number(written: Any) -> bool:
    """Another fault may have made text of it already, or nothing."""
    return isinstance(written, str) and written != "n/a"
