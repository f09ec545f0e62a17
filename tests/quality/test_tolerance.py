"""How far what stands may fall: small numbers fall by chance, large ones do not."""

from datetime import date, timedelta
from random import Random

import pytest

from orchestration.quality.tolerance import (
    CHANCE,
    EVIDENCE,
    TAKEN_BACK,
    evidence_of,
    fallen_together,
    least_count,
    least_delivery,
    least_value,
    without_values,
)

FIRST = date(2026, 11, 1)


def days(*pairs: tuple[float, float]) -> dict[date, tuple[float, float]]:
    return {FIRST + timedelta(days=n): pair for n, pair in enumerate(pairs)}


@pytest.mark.parametrize(
    ("before", "after", "is_possible"),
    [
        (1, 0, True),
        (3, 2, True),
        (3, 0, True),
        (4, 0, False),
        (5, 1, True),
        (10, 4, True),
        (10, 3, False),
        (100, 82, True),
        (100, 80, False),
        (366, 0, False),
        (366, 330, True),
        (366, 320, False),
        (10_000, 9_500, True),
        (10_000, 9_300, False),
    ],
)
def test_a_count_may_fall_by_chance_and_not_beyond(
    before: float, after: float, is_possible: bool
) -> None:
    assert (after >= least_count(before)) is is_possible


def test_what_chance_takes_back_is_never_beyond_it() -> None:
    chance = Random(7)
    for before in (1, 2, 5, 20, 100):
        for _ in range(4_000):
            kept = sum(chance.random() >= TAKEN_BACK for _ in range(before))
            assert kept >= least_count(before)


def test_the_evidence_is_a_bound_of_the_chance() -> None:
    # All of four: 0.05 to the fourth power is 6.25e-6, below one in a hundred thousand.
    assert TAKEN_BACK**4 < CHANCE < TAKEN_BACK**3
    assert evidence_of(4, 4) > EVIDENCE > evidence_of(3, 3)
    assert evidence_of(100, 4) == 0


def test_delivery_may_fall_by_a_few_per_cent_or_by_a_sliver() -> None:
    assert least_delivery("spend", 1000.0) == 950.0
    assert least_delivery("spend", 2.0) == 1.0
    assert least_delivery("impressions", 60.0) < 0
    assert 9_000 < least_delivery("clicks", 10_000.0) < 9_500


def test_a_value_may_fall_as_far_as_its_counts() -> None:
    assert least_value(1000.0, 100.0) == pytest.approx(10 * least_count(100.0))
    assert least_value(30.0, 3.0) == 0.0
    assert least_value(-5.0, 1.0) == -5.0


def test_small_falls_on_many_days_are_no_chance_together() -> None:
    assert fallen_together(days(*[(2, 0)] * 13)) == set(days(*[(2, 0)] * 13))
    assert fallen_together(days((2, 0), *[(2, 2)] * 27)) == set()
    assert fallen_together(days(*[(20, 19)] * 28)) == set()
    lost = fallen_together(days(*[(3, 0)] * 4, *[(3, 3)] * 24))
    assert lost == set(days(*[(3, 0)] * 4))


def test_growth_never_hides_a_fall_nor_counts_as_one() -> None:
    assert fallen_together(days(*[(3, 0)] * 4, *[(3, 300)] * 24)) == set(days(*[(3, 0)] * 4))
    assert fallen_together(days(*[(3, 300)] * 28)) == set()


def test_conversions_without_any_value_are_an_accident_only_if_few() -> None:
    few, many = {FIRST: 2.0}, {FIRST: 3.0}
    assert without_values(few) == set()
    assert without_values(many) == {FIRST}
    ones = {FIRST + timedelta(days=n): 1.0 for n in range(28)}
    assert without_values(ones) == set(ones)
    assert without_values({**dict.fromkeys(ones, 0.0), FIRST: 1.0}) == set()
