"""The numbers of one seeded campaign-day: integers out of a hash, consistent with each other.

Spend comes first and everything follows from it (impressions, clicks, link clicks, landing page
views, conversions), so ordinary rows obey: spend means impressions, clicks are at most impressions,
link clicks at most clicks, and every conversion count at most clicks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import blake2b
from struct import Struct

from orchestration.sandbox.model import Amounts, Campaign, Conversion, Record

LINK_CLICK = ("link_click",)
LANDING_PAGE_VIEW = ("landing_page_view",)
ADD_TO_CART = ("omni_add_to_cart", "add_to_cart", "offsite_conversion.fb_pixel_add_to_cart")
PURCHASE = ("omni_purchase", "purchase", "offsite_conversion.fb_pixel_purchase")
FORM_LEAD = ("lead", "onsite_conversion.lead_grouped")
SITE_LEAD = ("lead", "offsite_conversion.fb_pixel_lead")

TODAY_SHARE = (2, 5)
"""How much of the unfinished current day has been delivered."""

_WEEKDAYS = (980, 950, 960, 1000, 1080, 1150, 1120)
_MONTHS = (850, 870, 950, 980, 1010, 960, 900, 890, 1000, 1050, 1300, 1220)
_NUMBERS = Struct("<16H")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a campaign is made of; amounts of money are in minor units of the account's currency.

    A campaign delivers for `on_days` out of every `cycle` days, counted from `phase`; the cycles
    are longer than the served history for most, so that they look like a start or a stop.
    """

    campaign: Campaign
    key: bytes
    goal: str
    daily_budget: int
    cost_per_mille: int
    order_value: int
    phase: int
    cycle: int
    on_days: int

    def runs_on(self, day: date) -> bool:
        """Whether the campaign is in flight on the day (a pause can still empty it)."""
        if day < self.campaign.created:
            return False
        return (day.toordinal() + self.phase) % self.cycle < self.on_days


def deliver(plan: Plan, day: date, *, finished: bool, money: Callable[[int], Decimal]) -> Record:
    """The campaign-day of `plan`; without spend when the campaign did not deliver."""
    noise = _NUMBERS.unpack(
        blake2b(day.isoformat().encode(), digest_size=32, key=plan.key).digest()
    )
    spend = _spend(plan, day, noise[0])
    if not finished:
        spend = spend * TODAY_SHARE[0] // TODAY_SHARE[1]
    paused = noise[1] % 40 == 0
    if spend <= 0 or paused or not plan.runs_on(day):
        return Record(plan.campaign, None, None, None, None, None, ())
    impressions = max(1, spend * 1000 * (850 + noise[2] % 300) // (plan.cost_per_mille * 1000))
    clicks = impressions * (6 + noise[3] % 20) // 1000
    link_clicks = clicks * (55 + noise[4] % 30) // 100
    reach = max(1, impressions * (70 + noise[5] % 25) // 100)
    return Record(
        plan.campaign,
        money(spend),
        impressions,
        clicks,
        link_clicks,
        reach,
        _conversions(plan, clicks, link_clicks, noise, money),
    )


def _spend(plan: Plan, day: date, noise: int) -> int:
    shape = _WEEKDAYS[day.weekday()] * _MONTHS[day.month - 1]
    return plan.daily_budget * shape * (800 + noise % 401) // 1_000_000_000


def _conversions(
    plan: Plan,
    clicks: int,
    link_clicks: int,
    noise: tuple[int, ...],
    money: Callable[[int], Decimal],
) -> tuple[Conversion, ...]:
    """Traffic for every goal, and what the campaign is run for on top."""
    views = link_clicks * (60 + noise[6] % 30) // 100
    found = [Conversion(LINK_CLICK, _at_once(link_clicks), None)] if link_clicks else []
    if views:
        found.append(Conversion(LANDING_PAGE_VIEW, _at_once(views), None))
    if plan.goal == "shop":
        carts = _attributed(views * (400 + noise[7] % 1200), clicks, noise[8])
        orders = _attributed(views * (100 + noise[9] % 300), clicks, noise[10])
        found += _with_value(ADD_TO_CART, carts, plan.order_value, noise[11], money)
        found += _with_value(PURCHASE, orders, plan.order_value, noise[12], money)
    elif plan.goal in ("form", "site"):
        leads = _attributed(views * (200 + noise[13] % 500), clicks, noise[14])
        if leads[0]:
            types = FORM_LEAD if plan.goal == "form" else SITE_LEAD
            found.append(Conversion(types, leads, None))
    return tuple(found)


def _at_once(count: int) -> tuple[int, ...]:
    """An action of the click itself: the same in every click window, none by view."""
    return (count, count, count, count, 0)


def _attributed(expected_in_10000: int, clicks: int, noise: int) -> tuple[int, ...]:
    """Counts by window out of an expectation; the default is seven days by click, one by view."""
    in_28_days = min((expected_in_10000 + noise % 10000) // 10000, clicks)
    if not in_28_days:
        return (0, 0, 0, 0, 0)
    in_7_days = max(1, in_28_days - in_28_days * (noise % 17) // 100)
    in_1_day = in_7_days * (55 + noise % 30) // 100
    by_view = min((in_28_days * (noise % 19) + 50) // 100, clicks - in_7_days)
    return (in_7_days + by_view, in_1_day, in_7_days, in_28_days, by_view)


def _with_value(
    types: tuple[str, ...],
    counts: tuple[int, ...],
    order_value: int,
    noise: int,
    money: Callable[[int], Decimal],
) -> list[Conversion]:
    if not counts[0]:
        return []
    price = order_value * (7000 + noise % 6000) // 10000
    values: Amounts = tuple(money(count * price) for count in counts)
    return [Conversion(types, counts, values)]
