"""Wrong data in finished rows: dates, numbers and currencies that cannot be right."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from orchestration.sandbox.faults.data.kind import DataKind, Row
from orchestration.sandbox.world.model import Account

Spoil = Callable[[Row, Account], None]


def changed(field: str, change: Callable[[Any], Any]) -> Spoil:
    """Another value in a field of the row, where the row has it."""

    def spoil(row: Row, _account: Account) -> None:
        if field in row:
            row[field] = change(row[field])

    return spoil


def _a_year_early(row: Row, _account: Account) -> None:
    for name in ("date_start", "date_stop"):
        row[name] = (date.fromisoformat(row[name]) - timedelta(days=365)).isoformat()


def _another_currency(row: Row, account: Account) -> None:
    if "account_currency" in row:
        row["account_currency"] = "EUR" if account.currency == "USD" else "USD"


def _a_tenth_more(row: Row, account: Account) -> None:
    """More spend, in whole minor units."""
    if _is_number(row.get("spend")):
        more = Decimal(row["spend"]) * 11 / 10
        row["spend"] = account.text(more.quantize(Decimal(1).scaleb(-account.decimals)))


def _ten_times(row: Row, account: Account) -> None:
    for name in ("spend", "impressions"):
        if _is_number(row.get(name)):
            row[name] = account.text(Decimal(row[name]) * 10)


def _too_many_clicks(row: Row, account: Account) -> None:
    if _is_number(row.get("impressions")):
        row["clicks"] = account.text(Decimal(row["impressions"]) * 2 + 1)


def _is_number(written: Any) -> bool:
    """Whether no other fault has made text or null of it."""
    return isinstance(written, str) and written != "n/a"


ROW_KINDS: dict[str, DataKind] = {
    "wrong_dates": DataKind(
        description="date_start and date_stop are one year early", spoil=_a_year_early
    ),
    "negative": DataKind(
        description="spend is negative", spoil=changed("spend", lambda spend: f"-{spend}")
    ),
    "non_numeric": DataKind(
        description="spend is the text 'n/a'", spoil=changed("spend", lambda _: "n/a")
    ),
    "spend_without_impressions": DataKind(
        description="impressions are 0 while spend stays",
        spoil=changed("impressions", lambda _: "0"),
    ),
    "wrong_currency": DataKind(
        description="account_currency is not the account's: USD, or EUR in an account in USD",
        spoil=_another_currency,
    ),
    "totals_disagree": DataKind(
        description="the account row's spend is 10 % above the sum of the campaigns",
        levels=("account",),
        spoil=_a_tenth_more,
    ),
    "spike": DataKind(description="spend and impressions are ten times as high", spoil=_ten_times),
    "more_clicks_than_impressions": DataKind(
        description="clicks are twice the impressions", spoil=_too_many_clicks
    ),
}
