"""The numbers of one campaign and day of the demo: made from a hash, consistent with each other.

Spend comes first and everything follows from it (impressions, clicks, link clicks, landing page
views, conversions), so ordinary rows obey: spend means impressions, clicks are at most impressions,
link clicks at most clicks, and every conversion count at most clicks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from hashlib import blake2b
from struct import Struct
from typing import NamedTuple

from orchestration.sandbox.world.model import AdObject, Amounts, Conversion, Record
from orchestration.sandbox.world.restatement import arrived, credited, sliver

LINK_CLICK = ("link_click",)
LANDING_PAGE_VIEW = ("landing_page_view",)
ADD_TO_CART = ("omni_add_to_cart", "add_to_cart", "offsite_conversion.fb_pixel_add_to_cart")
PURCHASE = ("omni_purchase", "purchase", "offsite_conversion.fb_pixel_purchase")
FORM_LEAD = ("lead", "onsite_conversion.lead_grouped")
SCHEDULE = ("schedule_total", "schedule_website")
SITE_LEAD = ("lead", "offsite_conversion.fb_pixel_lead")
RETARGETING = 1
"""Every fifth campaign from this place on also has catalog segment actions."""

_WEEKDAYS = (980, 950, 960, 1000, 1080, 1150, 1120)
_MONTHS = (850, 870, 950, 980, 1010, 960, 900, 890, 1000, 1050, 1300, 1220)
_NUMBERS = Struct("<17H")
_USUAL_HOURS = 24


class Stage(NamedTuple):
    """How old a day is, the share of it that is over (0 to 1), and its length in hours."""

    age: int
    elapsed: Fraction | int
    hours: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The traits of a campaign; money is in minor units of the account's currency."""

    campaign: AdObject
    key: bytes
    goal: str
    daily_budget: int
    cost_per_mille: int
    order_value: int


def deliver(plan: Plan, day: date, stage: Stage, money: Callable[[int], Decimal]) -> Record | None:
    """What the campaign did on the day as known at the stage; `None` without delivery."""
    noise = _NUMBERS.unpack(
        blake2b(day.isoformat().encode(), digest_size=34, key=plan.key).digest()
    )
    if not plan.campaign.life.runs_on(day):
        return _sliver(plan, day, stage, noise[1], money)
    final = _spend(plan, day, noise[0]) * stage.hours // _USUAL_HOURS
    spend = int(credited(final, stage.age, noise[15]) * stage.elapsed)
    paused = noise[1] % 40 == 0
    if spend <= 0 or paused:
        return None
    shown = int(final * stage.elapsed)
    impressions = max(1, shown * 1000 * (850 + noise[2] % 300) // (plan.cost_per_mille * 1000))
    clicks = impressions * (6 + noise[3] % 20) // 1000
    link_clicks = clicks * (55 + noise[4] % 30) // 100
    reach = max(1, impressions * (70 + noise[5] % 25) // 100)
    inputs = _ConversionInputs(noise, clicks, stage.age, money)
    conversions = _conversions(plan, link_clicks, inputs)
    return Record(
        owner=plan.campaign,
        spend=money(spend),
        impressions=impressions,
        clicks=clicks,
        link_clicks=link_clicks,
        reach=reach,
        conversions=conversions,
    )


def _sliver(
    plan: Plan, day: date, stage: Stage, noise: int, money: Callable[[int], Decimal]
) -> Record | None:
    life = plan.campaign.life
    if day < life.created or (life.ended is not None and day >= life.ended):
        return None
    leftover = sliver(stage.age, noise)
    if leftover is None:
        return None
    impressions, spend = leftover
    return Record(
        owner=plan.campaign,
        spend=money(spend),
        impressions=impressions,
        clicks=0,
        link_clicks=0,
        reach=impressions - 1,
        conversions=(),
    )


def _spend(plan: Plan, day: date, noise: int) -> int:
    shape = _WEEKDAYS[day.weekday()] * _MONTHS[day.month - 1]
    return plan.daily_budget * shape * (800 + noise % 401) // 1_000_000_000


class _ConversionInputs(NamedTuple):
    """What conversions are made from, and the age of the day, which says how many are known."""

    noise: tuple[int, ...]
    clicks: int
    age: int
    money: Callable[[int], Decimal]

    def attributed(self, expected_in_10000: int, noise: int) -> tuple[int, ...]:
        """Counts by window; the first is the default of seven days by click and one by view."""
        in_28_days = min((expected_in_10000 + noise % 10000) // 10000, self.clicks)
        if not in_28_days:
            return (0, 0, 0, 0, 0)
        in_7_days = max(1, in_28_days - in_28_days * (noise % 17) // 100)
        in_1_day = in_7_days * (55 + noise % 30) // 100
        by_view = min((in_28_days * (noise % 19) + 50) // 100, self.clicks - in_7_days)
        late = self.noise[16]
        d1, d7, d28, view = (
            arrived(count, self.age, late) for count in (in_1_day, in_7_days, in_28_days, by_view)
        )
        return (d7 + view, d1, d7, d28, view)

    def valued(
        self, types: tuple[str, ...], counts: tuple[int, ...], price: int
    ) -> list[Conversion]:
        """The conversion with a value for each window; none without counts."""
        if not any(counts):
            return []
        values: Amounts = tuple(self.money(count * price) for count in counts)
        return [Conversion(types, counts, values)]


def _conversions(plan: Plan, link_clicks: int, inputs: _ConversionInputs) -> tuple[Conversion, ...]:
    """Clicks and page views for every goal, and the conversions of the campaign's own goal."""
    noise = inputs.noise
    views = link_clicks * (60 + noise[6] % 30) // 100
    actions = [Conversion(LINK_CLICK, _at_once(link_clicks), None)] if link_clicks else []
    if views:
        actions.append(Conversion(LANDING_PAGE_VIEW, _at_once(views), None))
    if plan.goal == "shop":
        carts = inputs.attributed(views * (400 + noise[7] % 1200), noise[8])
        orders = inputs.attributed(views * (100 + noise[9] % 300), noise[10])
        actions += inputs.valued(ADD_TO_CART, carts, _price(plan, noise[11]))
        sold = inputs.valued(PURCHASE, orders, _price(plan, noise[12]))
        actions += sold
        if plan.campaign.ordinal % 5 == RETARGETING:
            actions += [sale._replace(field="catalog_segment_actions") for sale in sold]
    elif plan.goal in ("form", "site"):
        leads = inputs.attributed(views * (200 + noise[13] % 500), noise[14])
        if any(leads):
            types = FORM_LEAD if plan.goal == "form" else SITE_LEAD
            actions.append(Conversion(types, leads, None))
        if any(leads) and plan.goal == "site":
            actions.append(Conversion(SCHEDULE, leads, None, "conversions"))
    return tuple(actions)


def _at_once(count: int) -> tuple[int, ...]:
    """An action of the click itself: the same in every click window, none by view."""
    return (count, count, count, count, 0)


def _price(plan: Plan, noise: int) -> int:
    return plan.order_value * (7000 + noise % 6000) // 10000
