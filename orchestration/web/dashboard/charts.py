"""Computes bar charts by month; the templates draw them as SVG, without any script."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

WIDTH, HEIGHT = 320, 150
LEFT, RIGHT, TOP, BOTTOM = 40, 4, 10, 20
BASE = HEIGHT - BOTTOM
"""The y of zero."""
MOST_MONTHS = 13
FEWEST_MONTHS = 6
"""So that the bars of two months do not become too wide."""
WIDEST_BAR = 22
STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))


@dataclass(frozen=True)
class Point:
    """The value of a month; None if it is unknown, then `note` says why."""

    month: date
    value: Decimal | None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """The bar of a point; lengths are in units of the drawing."""

    point: Point
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """The x of its label."""
        return self.x + self.width / 2


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A bar chart.

    Attributes:
        key: makes the ids of its elements unique on the page.
        ticks: y and text of each line of the axis.
        labels: x and text of the months.
    """

    key: str
    title: str
    unit: str
    bars: list[Bar]
    ticks: list[tuple[float, str]]
    labels: list[tuple[float, str]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    base: int = BASE

    @property
    def latest(self) -> Point:
        """The last month that has a point."""
        return self.bars[-1].point

    @property
    def description(self) -> str:
        """What the chart shows, for people who cannot see it."""
        first, last = self.bars[0].point, self.bars[-1].point
        known = [bar.point for bar in self.bars if bar.point.value is not None]
        text = f"Bars by month from {first.month:%Y-%m} to {last.month:%Y-%m}."
        if known:
            top = max(known, key=lambda point: point.value or Decimal(0))
            text += f" Highest in {top.month:%Y-%m}: {top.value:,f} {self.unit}."
        unknown = len(self.bars) - len(known)
        return text + (f" Unknown in {unknown}." if unknown else "")


def bar_chart(
    key: str, title: str, unit: str, points: Sequence[Point], months: Sequence[date]
) -> Chart | None:
    """A chart with a slot for each of these months; None if no month has a point."""
    by_month = {point.month: point for point in points if point.month in months}
    if not by_month:
        return None
    top, ticks = _scale(max((p.value or Decimal(0)) for p in by_month.values()))
    slot = (WIDTH - LEFT - RIGHT) / len(months)
    width = min(slot * 0.7, WIDEST_BAR)
    bars, labels = [], []
    for place, month in enumerate(months):
        x = LEFT + place * slot + (slot - width) / 2
        # Of many months every second one has a label, the latest always.
        if len(months) <= FEWEST_MONTHS + 1 or (len(months) - 1 - place) % 2 == 0:
            labels.append((round(x + width / 2, 1), f"{month:%b}"))
        if point := by_month.get(month):
            height = _length(max(point.value or Decimal(0), Decimal(0)), top)
            bars.append(
                Bar(
                    point=point,
                    x=round(x, 1),
                    y=round(BASE - height, 1),
                    width=round(width, 1),
                    height=round(height, 1),
                )
            )
    scale = [(round(BASE - _length(value, top), 1), compact(value)) for value in ticks]
    return Chart(key=key, title=title, unit=unit, bars=bars, ticks=scale, labels=labels)


def _length(value: Decimal, top: Decimal) -> float:
    """The length of a bar of this value, where `top` is the highest value of the axis."""
    return float(value / top) * (BASE - TOP)


def months_of(points: Sequence[Point], running: date) -> list[date]:
    """The months of charts that stand side by side: from the first with data to the running one."""
    known = [point.month for point in points if point.month <= running]
    since = min(known, default=running)
    count = (running.year - since.year) * 12 + running.month - since.month + 1
    count = min(max(count, FEWEST_MONTHS), MOST_MONTHS)
    last = running.year * 12 + running.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(last - count + 1, last + 1)]


def compact(value: Decimal) -> str:
    """A number in short form for an axis, such as 1.2M."""
    for limit, letter in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
        if value >= limit:
            return f"{(value / limit).normalize():f}{letter}"
    return f"{value.normalize():f}"


def _scale(highest: Decimal) -> tuple[Decimal, list[Decimal]]:
    """The highest value of the axis, a round number, and the values that have a line."""
    if highest <= 0:
        return Decimal(1), [Decimal(0)]
    power = Decimal(10) ** (highest / 2).adjusted()
    step = next(power * s for s in STEPS if power * s * 2 >= highest)
    return step * 2, [Decimal(0), step, step * 2]
