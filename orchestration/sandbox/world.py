"""Sixteen seeded demo accounts with 25 campaigns each: the same numbers for the same seed and day.

Nothing is random but a hash of seed, account, campaign and day, so two processes, or two clocks,
agree on every finished day. The clock only decides which days exist: those from the first of the
month fourteen months back, up to the account's today, which is served as a part of itself.
"""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from hashlib import blake2b
from typing import NamedTuple

from orchestration.sandbox.delivery import Plan, deliver
from orchestration.sandbox.model import ZERO_DECIMAL, Account, Campaign, Record

HISTORY_MONTHS = 14
MEMORY_DAYS = 2048
"""Account-days kept in memory; about 40 kB each."""

_FUNNEL = ("Prospecting", "Retargeting", "Always On", "Seasonal Push", "Brand Reach")
_AUDIENCE = ("Broad", "Lookalike 1%", "Interests", "Newsletter", "Video Viewers")
_OBJECTIVES = {
    "shop": "OUTCOME_SALES",
    "form": "OUTCOME_LEADS",
    "site": "OUTCOME_LEADS",
    "traffic": "OUTCOME_TRAFFIC",
    "awareness": "OUTCOME_AWARENESS",
}
_CURRENCY_SCALE = {"PLN": 400, "JPY": 150, "NZD": 160, "AUD": 150, "CAD": 135, "GBP": 80}
"""Minor units (yen for JPY) per 100 US cents, roughly."""


class _Entry(NamedTuple):
    name: str
    currency: str
    timezone_name: str
    timezone_id: int
    goals: tuple[str, ...]


_SHOP = ("shop",)
_CATALOGUE = (
    _Entry("Acme Outdoor", "EUR", "Europe/Berlin", 47, _SHOP),
    _Entry("Nordlicht Living", "EUR", "Europe/Berlin", 47, _SHOP),
    _Entry("Zielona Kuchnia", "PLN", "Europe/Warsaw", 106, _SHOP),
    _Entry("Hudson Legal Partners", "USD", "America/New_York", 7, ("form",)),
    _Entry("Bright Path Academy", "USD", "America/New_York", 7, ("site", "form")),
    _Entry("Pacific Surf Supply", "USD", "America/Los_Angeles", 1, _SHOP),
    _Entry("Sakura Stationery", "JPY", "Asia/Tokyo", 74, _SHOP),
    _Entry("Kanto Home Finance", "JPY", "Asia/Tokyo", 74, ("form",)),
    _Entry("Thames Cycle Works", "GBP", "Europe/London", 58, _SHOP),
    _Entry("Camden Dental Care", "GBP", "Europe/London", 58, ("site",)),
    _Entry("Harbour Coffee Roasters", "AUD", "Australia/Sydney", 15, _SHOP),
    _Entry("Outback Solar", "AUD", "Australia/Sydney", 15, ("form", "site")),
    _Entry("Kiwi Trail Gear", "NZD", "Pacific/Auckland", 90, _SHOP),
    _Entry("Atelier Lumière", "EUR", "Europe/Paris", 46, _SHOP),
    _Entry("Maple & Pine Furniture", "CAD", "America/Toronto", 31, ("shop", "form")),
    _Entry("City Guide Daily", "USD", "America/Chicago", 6, ("traffic",)),
)


def seeded_accounts(seed: int) -> dict[str, Account]:
    """The demo accounts by id, `1001` to `1016`, all sharing one bounded memory."""
    memory: OrderedDict[tuple[str, date, bool], tuple[Record, ...]] = OrderedDict()
    accounts = {}
    for number, entry in enumerate(_CATALOGUE, start=1001):
        decimals = 0 if entry.currency in ZERO_DECIMAL else 2
        plans = tuple(_plan(seed, str(number), entry, ordinal) for ordinal in range(25))
        accounts[str(number)] = Account(
            id=str(number),
            name=entry.name,
            currency=entry.currency,
            timezone_name=entry.timezone_name,
            timezone_id=entry.timezone_id,
            created=date(2023, 2, number - 1000),
            campaigns=tuple(plan.campaign for plan in plans),
            source=SeededDays(str(number), plans, decimals, memory),
            decimals=decimals,
        )
    return accounts


class SeededDays:
    """The days of one demo account, remembered up to a bound that all accounts share."""

    def __init__(
        self,
        account_id: str,
        plans: Sequence[Plan],
        decimals: int,
        memory: OrderedDict[tuple[str, date, bool], tuple[Record, ...]],
    ) -> None:
        self._account_id = account_id
        self._plans = {plan.campaign.id: plan for plan in plans}
        self._exponent = Decimal(1).scaleb(-decimals)
        self._memory = memory

    def first_day(self, as_of: date) -> date:
        """The first of the month, `HISTORY_MONTHS` before the month of `as_of`."""
        months = as_of.year * 12 + as_of.month - 1 - HISTORY_MONTHS
        return date(months // 12, months % 12 + 1, 1)

    def last_day(self, as_of: date) -> date:
        """The account's yesterday."""
        return as_of - timedelta(days=1)

    def records(self, day: date, as_of: date) -> tuple[Record, ...]:
        """The campaigns that delivered on the day, in the order of the account's list."""
        if not self.first_day(as_of) <= day <= as_of:
            return ()
        key = (self._account_id, day, day < as_of)
        if key in self._memory:
            self._memory.move_to_end(key)
            return self._memory[key]
        made = (
            deliver(plan, day, finished=day < as_of, money=self._money)
            for plan in self._plans.values()
        )
        self._memory[key] = tuple(record for record in made if record.spend is not None)
        if len(self._memory) > MEMORY_DAYS:
            self._memory.popitem(last=False)
        return self._memory[key]

    def effective_status(self, campaign: Campaign, as_of: date) -> str:
        """Active while in flight; two campaigns of every account have been archived once over."""
        if self._plans[campaign.id].runs_on(as_of):
            return "ACTIVE"
        return "ARCHIVED" if campaign.ordinal in (7, 19) else "PAUSED"

    def _money(self, minor_units: int) -> Decimal:
        return minor_units * self._exponent


def _plan(seed: int, account_id: str, entry: _Entry, ordinal: int) -> Plan:
    """A campaign's traits; every fifth is for awareness only and never converts."""
    digest = blake2b(f"{seed}|{account_id}|{ordinal}".encode(), digest_size=32).digest()
    traits = [int.from_bytes(digest[at : at + 4], "big") for at in range(0, 32, 4)]
    goal = "awareness" if ordinal % 5 == 4 else entry.goals[ordinal % len(entry.goals)]
    if entry.goals == ("traffic",):
        goal = "traffic"
    campaign = Campaign(
        id=f"1202{account_id}{traits[0] % 10**7:07d}{ordinal:02d}",
        name=f"{_FUNNEL[ordinal % 5]} | {_AUDIENCE[ordinal // 5]}",
        objective=_OBJECTIVES[goal],
        ordinal=ordinal,
        created=date(2023, 3, 1) + timedelta(days=traits[1] % 700),
    )
    scale = _CURRENCY_SCALE.get(entry.currency, 100)
    always_on = traits[2] % 5 < 2
    cycle = 1 if always_on else 200 + traits[3] % 700
    return Plan(
        campaign=campaign,
        key=digest,
        goal=goal,
        daily_budget=(2_000 + traits[4] % 28_000) * scale // 100,
        cost_per_mille=(400 + traits[5] % 900) * scale // 100,
        order_value=(2_500 + traits[6] % 9_000) * scale // 100,
        phase=traits[7] % 900,
        cycle=cycle,
        on_days=1 if always_on else cycle * (45 + traits[7] % 35) // 100,
    )
