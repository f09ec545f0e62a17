"""Whether several readings of a day, all alike, confirm that less came than stands."""

from collections.abc import Mapping
from datetime import date, timedelta

from orchestration.quality.answer import Answer
from orchestration.quality.tolerance import least_count, least_delivery, least_value

CONFIRMING_READS = 3
CONFIRMED_AFTER = timedelta(hours=24)
"""So many readings over so long a time, all alike, prove that a fall is Meta's own correction."""

Figures = Mapping[str, float]


def is_confirmed(answer: Answer, day: date) -> bool:
    """Whether this reading and those before it say the same, often and long enough."""
    now = day_figures(answer, day)
    alike = []
    for reading in reversed(answer.standing.readings.get(day, ())):
        if not _agree(now, reading.figures):
            break
        alike.append(reading.age)
    return len(alike) + 1 >= CONFIRMING_READS and alike[-1] >= CONFIRMED_AFTER


def day_figures(answer: Answer, day: date) -> dict[str, float]:
    """The sums of a day's campaigns, with every family, by the names of `ops.restatements`."""
    return answer.evidence.sums["campaign"][day].all_figures()


def _agree(reading: Figures, other: Figures) -> bool:
    return all(
        _may_become(name, high, low, reading, other)
        for name in reading.keys() | other.keys()
        for low, high in [sorted((reading.get(name, 0.0), other.get(name, 0.0)))]
    )


def _may_become(name: str, high: float, low: float, reading: Figures, other: Figures) -> bool:
    kind, _, family = name.partition(":")
    if kind == "value":
        count = max(figures.get(f"conversions:{family}", 0.0) for figures in (reading, other))
        return low >= least_value(high, count)
    if kind == "conversions":
        return low >= least_count(high)
    return low >= least_delivery(name, high)
