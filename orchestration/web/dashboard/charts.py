"""Bar charts of months as geometry: the templates draw it as SVG, without any script."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

WIDTH, HEIGHT = 320, 150
LEFT, RIGHT, TOP, BOTTOM = 40, 4, 10, 20
MOST_MONTHS = 13
FEWEST_MONTHS = 6
"""So that two months do not become two walls."""
WIDEST_BAR = 22
STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))


@dataclass(frozen=True)
class Point:
    """A month's value; None: unknown, `note` says why. A month without a point has no data."""

    month: date
    value: Decimal | None
    note: str = ""


@dataclass(frozen=True)
class Bar:
    """A month that has a point; lengths are in units of the drawing."""

    point: Point
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """Where its label stands."""
        return self.x + self.width / 2


@dataclass(frozen=True)
class Chart:
    """A chart: `ticks` are (y, label), `labels` (x, text). `key` makes the ids of a page unique."""

    key: str
    title: str
    unit: str
    bars: list[Bar]
    ticks: list[tuple[float, str]]
    labels: list[tuple[float, str]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT

    @property
    def base(self) -> int:
        """The y of zero."""
        return HEIGHT - BOTTOM

    @property
    def latest(self) -> Point:
        """The last month that has a point."""
        return self.bars[-1].point

    @property
    def description(self) -> str:
        """What the drawing shows, in a sentence."""
        first, last = self.bars[0].point, self.bars[-1].point
        known = [bar.point for bar in self.bars if bar.point.value is not None]
        told = f"Bars by month from {first.month:%Y-%m} to {last.month:%Y-%m}."
        if known:
            top = max(known, key=lambda point: point.value or Decimal(0))
            told += f" Highest in {top.month:%Y-%m}: {top.value:,f} {self.unit}."
        unknown = len(self.bars) - len(known)
        return told + (f" Unknown in {unknown}." if unknown else "")


def bar_chart(
    key: str, title: str, unit: str, points: Sequence[Point], months: Sequence[date]
) -> Chart | None:
    """A chart of these months, one slot each; None where no month has a point."""
    by_month = {point.month: point for point in points if point.month in months}
    if not by_month:
        return None
    top, ticks = _scale(max((p.value or Decimal(0)) for p in by_month.values()))
    base, slot = HEIGHT - BOTTOM, (WIDTH - LEFT - RIGHT) / len(months)
    width = min(slot * 0.7, WIDEST_BAR)
    bars, labels = [], []
    for place, month in enumerate(months):
        x = LEFT + place * slot + (slot - width) / 2
        # Every second month has its name where they are many, the latest always.
        if len(months) <= FEWEST_MONTHS + 1 or (len(months) - 1 - place) % 2 == 0:
            labels.append((round(x + width / 2, 1), f"{month:%b}"))
        if point := by_month.get(month):
            value = max(point.value or Decimal(0), Decimal(0))
            height = float(value / top) * (base - TOP)
            bars.append(
                Bar(point, round(x, 1), round(base - height, 1), round(width, 1), round(height, 1))
            )
    scale = [
        (round(base - float(value / top) * (base - TOP), 1), compact(value)) for value in ticks
    ]
    return Chart(key, title, unit, bars, scale, labels)


def months_of(points: Sequence[Point], running: date) -> list[date]:
    """The months that charts side by side share: from the first with data to the running one."""
    known = [point.month for point in points if point.month <= running]
    since = min(known, default=running)
    count = (running.year - since.year) * 12 + running.month - since.month + 1
    count = min(max(count, FEWEST_MONTHS), MOST_MONTHS)
    last = running.year * 12 + running.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(last - count + 1, last + 1)]


def compact(value: Decimal) -> str:
    """A number as an axis has room for it: 1.2M."""
    for limit, letter in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
        if value >= limit:
            return f"{(value / limit).normalize():f}{letter}"
    return f"{value.normalize():f}"


def _scale(highest: Decimal) -> tuple[Decimal, list[Decimal]]:
    """The top of the axis, a round number, and the values that have a line."""
    if highest <= 0:
        return Decimal(1), [Decimal(0)]
    power = Decimal(10) ** (highest / 2).adjusted()
    step = next(power * s for s in STEPS if power * s * 2 >= highest)
    return step * 2, [Decimal(0), step, step * 2]
