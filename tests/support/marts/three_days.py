"""The month and the three days of most tests of the marts."""

from datetime import date

from factories import days

MONTH = date(2026, 11, 1)
FIRST, SECOND, THIRD = days(MONTH, date(2026, 11, 3))
