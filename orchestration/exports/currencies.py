"""Currencies: their codes, the signs that stand beside amounts, and those without fractions."""

import re
from collections.abc import Mapping

CODE = re.compile(r"[A-Z]{3}")
WHOLE = frozenset({"CLP", "COP", "CRC", "HUF", "IDR", "ISK", "JPY", "KRW", "PYG", "TWD", "VND"})
"""Currencies whose amounts Meta writes without fractions."""
_DOLLARS = frozenset({"USD", "AUD", "CAD", "NZD", "HKD", "SGD", "TWD", "MXN", "CLP", "COP", "ARS"})
_SIGNS: Mapping[str, frozenset[str]] = {
    "$": _DOLLARS,
    "US$": frozenset({"USD"}),
    "A$": frozenset({"AUD"}),
    "AU$": frozenset({"AUD"}),
    "C$": frozenset({"CAD"}),
    "CA$": frozenset({"CAD"}),
    "NZ$": frozenset({"NZD"}),
    "HK$": frozenset({"HKD"}),
    "NT$": frozenset({"TWD"}),
    "S$": frozenset({"SGD"}),
    "MX$": frozenset({"MXN"}),
    "R$": frozenset({"BRL"}),
    "€": frozenset({"EUR"}),
    "£": frozenset({"GBP", "EGP"}),
    "¥": frozenset({"JPY", "CNY"}),
    "￥": frozenset({"JPY", "CNY"}),
    "円": frozenset({"JPY"}),
    "元": frozenset({"CNY", "TWD", "HKD"}),
    "zł": frozenset({"PLN"}),
    "₺": frozenset({"TRY"}),
    "TL": frozenset({"TRY"}),
    "Rp": frozenset({"IDR"}),
    "Rp.": frozenset({"IDR"}),
    "₹": frozenset({"INR"}),
    "₩": frozenset({"KRW"}),
    "₫": frozenset({"VND"}),
    "฿": frozenset({"THB"}),
    "₱": frozenset({"PHP"}),
    "RM": frozenset({"MYR"}),
    "₪": frozenset({"ILS"}),
    "₽": frozenset({"RUB"}),
    "₴": frozenset({"UAH"}),
    "₦": frozenset({"NGN"}),
    "kr": frozenset({"SEK", "NOK", "DKK", "ISK"}),
    "kr.": frozenset({"SEK", "NOK", "DKK", "ISK"}),
    "Kč": frozenset({"CZK"}),
    "Ft": frozenset({"HUF"}),
    "lei": frozenset({"RON"}),
    "лв": frozenset({"BGN"}),
    "R": frozenset({"ZAR"}),
}


def currencies_of_sign(sign: str) -> frozenset[str]:
    """The currencies that a sign or a code may stand for; none for other text."""
    if CODE.fullmatch(sign):
        return frozenset({sign})
    return _SIGNS.get(sign, frozenset())
