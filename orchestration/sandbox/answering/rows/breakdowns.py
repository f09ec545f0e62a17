"""Breakdowns: a record cut by people and placements, in parts that add up to it."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

from orchestration.sandbox.wire.envelope import invalid
from orchestration.sandbox.world.model import Account, Record
from orchestration.sandbox.world.splitting import split

Keys = tuple[tuple[str, str], ...]

HOURLY = "hourly_stats_aggregated_by_advertiser_time_zone"
# Since August 2026 an account has to opt in to these; without that, answers are empty.
_OPT_IN = (
    "impression_device",
    "hourly_stats_aggregated_by_audience_time_zone",
    "frequency_value",
)
_WITHOUT_OFF_META = ("region", HOURLY)
"""With these, actions outside Meta are not returned."""
_OFF_META = "offsite_conversion."

_SHARES: dict[str, Mapping[str, int]] = {
    "age": {"18-24": 14, "25-34": 27, "35-44": 24, "45-54": 17, "55-64": 11, "65+": 7},
    "gender": {"female": 52, "male": 46, "unknown": 2},
    "publisher_platform": {
        "facebook": 48,
        "instagram": 41,
        "audience_network": 6,
        "messenger": 3,
        "threads": 2,
    },
    "platform_position": {"feed": 52, "story": 24, "reels": 18, "search": 6},
    "device_platform": {"mobile_app": 79, "desktop": 14, "mobile_web": 7},
    HOURLY: {f"{hour:02d}:00:00 - {hour:02d}:59:59": 1 for hour in range(24)},
}
_COUNTRIES: dict[str, Mapping[str, int]] = {
    "EUR": {"DE": 64, "AT": 18, "FR": 12, "CH": 6},
    "PLN": {"PL": 97, "CZ": 3},
    "GBP": {"GB": 94, "IE": 6},
    "JPY": {"JP": 100},
    "AUD": {"AU": 92, "NZ": 8},
    "NZD": {"NZ": 90, "AU": 10},
    "CAD": {"CA": 95, "US": 5},
}
_REGIONS: dict[str, Mapping[str, int]] = {
    "EUR": {"Bavaria": 38, "Berlin": 27, "Vienna": 20, "Île-de-France": 15},
    "PLN": {"Masovian Voivodeship": 60, "Lesser Poland Voivodeship": 40},
    "GBP": {"England": 84, "Scotland": 16},
    "JPY": {"Tokyo": 70, "Osaka Prefecture": 30},
    "AUD": {"New South Wales": 55, "Victoria": 45},
    "NZD": {"Auckland": 65, "Wellington Region": 35},
    "CAD": {"Ontario": 72, "Quebec": 28},
}
_US = {"US": 96, "CA": 4}
_STATES = {"California": 40, "New York": 32, "Texas": 28}

KNOWN = (*_SHARES, "country", "region", *_OPT_IN)


class Cut(NamedTuple):
    """How records are cut: the keys of each part and its weight."""

    names: tuple[str, ...]
    keys: tuple[Keys, ...]
    weights: tuple[int, ...]

    def parts(self, record: Record, hours_over: int) -> Iterator[tuple[int, Record]]:
        """The parts of a day of which some hours are over, each with its place in `keys`."""
        weights = self.weights
        if HOURLY in self.names:
            weights = tuple(
                weight if dict(keys)[HOURLY][:2] < f"{hours_over:02d}" else 0
                for keys, weight in zip(self.keys, weights, strict=True)
            )
        if any(name in _WITHOUT_OFF_META for name in self.names):
            record = _on_meta(record)
        return split(record, weights)


def checked_breakdowns(names: Sequence[str], account: Account) -> Cut | None:
    """How to cut for the breakdowns asked for; `None` without any. An empty cut gives no rows."""
    for name in names:
        if name == "dma":
            raise invalid("breakdowns: dma is no longer available, use comscore_market instead")
        if name not in KNOWN:
            raise invalid(
                f"breakdowns[{names.index(name)}] must be one of the following values: "
                f"{', '.join(KNOWN)}"
            )
    if not names:
        return None
    if any(name in _OPT_IN for name in names):
        return Cut(tuple(names), (), ())
    combined = list(product(*(_shares(name, account).items() for name in dict.fromkeys(names))))
    keys = tuple(
        tuple((name, value) for name, (value, _) in zip(dict.fromkeys(names), each, strict=True))
        for each in combined
    )
    return Cut(tuple(names), keys, tuple(_product(each) for each in combined))


def _shares(name: str, account: Account) -> Mapping[str, int]:
    if name == "country":
        return _COUNTRIES.get(account.currency, _US)
    if name == "region":
        return _REGIONS.get(account.currency, _STATES)
    return _SHARES[name]


def _product(shares: Sequence[tuple[str, int]]) -> int:
    weight = 1
    for _, share in shares:
        weight *= share
    return weight


def _on_meta(record: Record) -> Record:
    """The record without conversions on the advertiser's own pages."""
    conversions = (
        conversion
        for conversion in record.conversions
        if not any(kind.startswith(_OFF_META) for kind in conversion.types)
    )
    return record._replace(conversions=tuple(conversions))
