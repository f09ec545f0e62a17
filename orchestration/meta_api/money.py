"""Budgets as Meta sends them: whole numbers of the smallest unit that it knows of a currency.

Amounts of insights are decimals in the currency itself.
"""

from decimal import Decimal
from typing import Any

WITHOUT_MINOR_UNIT = frozenset(
    ("CLP", "COP", "CRC", "HUF", "ISK", "IDR", "JPY", "KRW", "PYG", "TWD", "VND")
)
"""Currencies whose budgets Meta counts in whole units; all others in hundredths, whatever the bank
does (developers.facebook.com/docs/marketing-api/currencies)."""


def budget(sent: Any, currency: str) -> Decimal | None:
    """A budget in its currency; None where none is set (Meta sends 0 or nothing) or it is odd."""
    text = str(sent).strip() if isinstance(sent, str | int) else ""
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        return None
    amount = Decimal(text).scaleb(0 if currency in WITHOUT_MINOR_UNIT else -2)
    return amount or None
