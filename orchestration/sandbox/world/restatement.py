"""How the numbers of a day change later: late conversions, credits, rows that disappear.

Everything depends only on the age of the day and on the noise of the campaign's day, so all
processes agree at all times.
"""

FINAL_AGE = 28
"""From this age in days on nothing changes any more."""
SETTLED_AGE = 3
"""From this age in days on spend is settled, and a paused campaign shows nothing any more."""

_FIRST_WEEK = (400, 700, 770, 820, 855, 880, 905, 930)
_SLIVER_EVERY = 300


def arrived(count: int, age: int, noise: int) -> int:
    """How many of the conversions of a day are known at its age; all from `FINAL_AGE` on."""
    if age >= FINAL_AGE:
        return count
    return (count * _share(age, noise) + noise % 1000) // 1000


def _share(age: int, noise: int) -> int:
    """The part of the conversions that has arrived, in thousandths: rising, never the same."""
    usual = _FIRST_WEEK[age] if age < 8 else 930 + 70 * (age - 7) // (FINAL_AGE - 7)
    return 1000 - (1000 - usual) * (90 + noise // 1000 % 21) // 100


def credited(spend: int, age: int, noise: int) -> int:
    """What is billed at first: up to 0.6 % too much, which Meta credits by the third day."""
    too_much = spend * (noise % 7) // 1000
    return spend + too_much * max(0, SETTLED_AGE - max(age, 1)) // (SETTLED_AGE - 1)


def sliver(age: int, noise: int) -> tuple[int, int] | None:
    """Impressions and minor units that a paused campaign shows for two days, and only rarely."""
    if not 1 <= age < SETTLED_AGE or noise % _SLIVER_EVERY:
        return None
    return 3 + noise // _SLIVER_EVERY % 6, 1 + noise // _SLIVER_EVERY % 4
