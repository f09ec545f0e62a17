"""Sixteen seeded demo accounts with up to 25 campaigns each: the same for the same seed and moment.

All numbers come from a hash of seed, account, campaign and day, so two processes with the same
clock agree, and on every settled day also with different clocks. The clock decides which days
exist, from the first of the month fourteen months back up to the account's today; how much of the
last 28 days is known; and the names and states of objects.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from hashlib import blake2b
from typing import NamedTuple

from orchestration.sandbox.world.adverts import all_objects
from orchestration.sandbox.world.days import Memory, SeededDays
from orchestration.sandbox.world.delivery import Plan
from orchestration.sandbox.world.lifecycle import Life
from orchestration.sandbox.world.model import ZERO_DECIMAL, Account, AdObject

CAMPAIGNS = 25

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

_ARCHIVED = (7, 19)
_NEW = (3, 12)
_RENAMED = (1, 8, 15)
_DELETED_FROM_YEAR = 2025
_DELETED = (10, 22, 5, 16, 20, 11)
"""One campaign of an account is deleted each year, between March and October, in this order, so
that the fourteen months of history always hold such a day."""


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
    memory = Memory()
    return {
        str(number): _account(seed, str(number), entry, memory)
        for number, entry in enumerate(_CATALOGUE, start=1001)
    }


def _account(seed: int, account_id: str, entry: _Entry, memory: Memory) -> Account:
    decimals = 0 if entry.currency in ZERO_DECIMAL else 2
    plans = tuple(_plan(seed, account_id, entry, ordinal) for ordinal in range(CAMPAIGNS))
    keys = {plan.campaign.id: plan.key for plan in plans}
    objects = all_objects(account_id, keys, [plan.campaign for plan in plans])
    return Account(
        id=account_id,
        name=entry.name,
        currency=entry.currency,
        timezone_name=entry.timezone_name,
        timezone_id=entry.timezone_id,
        created=date(2023, 2, int(account_id) - 1000),
        objects=objects,
        source=SeededDays(
            account_id=account_id,
            timezone_name=entry.timezone_name,
            plans=plans,
            objects=objects,
            decimals=decimals,
            memory=memory,
        ),
        decimals=decimals,
    )


def _plan(seed: int, account_id: str, entry: _Entry, ordinal: int) -> Plan:
    """A campaign's traits; every fifth is for awareness only and never converts."""
    digest = blake2b(f"{seed}|{account_id}|{ordinal}".encode(), digest_size=32).digest()
    traits = [int.from_bytes(digest[at : at + 4], "big") for at in range(0, 32, 4)]
    goal = "awareness" if ordinal % 5 == 4 else entry.goals[ordinal % len(entry.goals)]
    if entry.goals == ("traffic",):
        goal = "traffic"
    scale = _CURRENCY_SCALE.get(entry.currency, 100)
    budget = (2_000 + traits[4] % 28_000) * scale // 100
    campaign = AdObject(
        level="campaign",
        id=f"1202{account_id}{traits[0] % 10**7:07d}{ordinal:02d}",
        name=f"{_FUNNEL[ordinal % 5]} | {_AUDIENCE[ordinal // 5]}",
        ordinal=ordinal,
        life=_life(traits, account_id, ordinal),
        objective=_OBJECTIVES[goal],
        budget=budget,
    )
    return Plan(
        campaign=campaign,
        key=digest,
        goal=goal,
        daily_budget=budget,
        cost_per_mille=(400 + traits[5] % 900) * scale // 100,
        order_value=(2_500 + traits[6] % 9_000) * scale // 100,
    )


def _life(traits: Sequence[int], account_id: str, ordinal: int) -> Life:
    """The life of a campaign; those that are archived or deleted are always on until then."""
    created = date(2023, 3, 1) + timedelta(days=traits[1] % 700)
    if ordinal in _NEW:
        created = date(2026, 1, 10) + timedelta(days=traits[1] % 280)
    if ordinal in _ARCHIVED:
        ended = date(2025, 6, 1) + timedelta(days=traits[1] % 700)
        return Life(created=created, ended=ended, ending="ARCHIVED")
    if ordinal in _DELETED and int(account_id) % 3:
        year = _DELETED_FROM_YEAR + _DELETED.index(ordinal)
        ended = date(year, 3, 1) + timedelta(days=traits[1] % 240)
        return Life(created=created, ended=ended, ending="DELETED")
    renamed = date(2026, 2, 1) + timedelta(days=traits[6] % 270) if ordinal in _RENAMED else None
    if traits[2] % 5 < 2:
        return Life(created=created, renamed=renamed)
    cycle = 200 + traits[3] % 700
    on_days = cycle * (45 + traits[7] % 35) // 100
    return Life(
        created=created, renamed=renamed, phase=traits[7] % 900, cycle=cycle, on_days=on_days
    )
