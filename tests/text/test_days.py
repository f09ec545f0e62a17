"""Neighbouring days of one cause are one range; a gap begins another."""

from datetime import date

from orchestration.days import days_in_words, folded

ROWS = [
    ("split", "2026-11-03", "2026-11-03"),
    ("late", "2026-11-02", "2026-11-02"),
    ("split", "2026-11-01", "2026-11-02"),
    ("split", "2026-11-02", "2026-11-02"),
    ("split", "2026-11-05", "2026-11-05"),
]


def test_rows_of_one_cause_are_one_range_until_a_gap() -> None:
    ranges = folded(ROWS, lambda row: row[0], lambda row: row[1:])
    assert [(str(days), days.count, len(days.rows)) for days in ranges] == [
        ("2026-11-01 to 2026-11-03, 3 days", 3, 3),
        ("2026-11-05", 1, 1),
        ("2026-11-02", 1, 1),
    ]
    assert [row[1] for row in ranges[0].rows] == ["2026-11-01", "2026-11-02", "2026-11-03"]


def test_days_in_words_have_no_holes() -> None:
    days: list[date | str] = [date(2026, 11, 7), "2026-10-31", date(2026, 11, 1), "2026-11-01"]
    assert days_in_words(days) == "2026-10-31 to 2026-11-01, 2026-11-07"
    assert days_in_words([]) == ""
