"""The end of a run names each cause once, with its days."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest

from orchestration.cli.output.summary import Summary, print_summary, summary_document
from orchestration.expectations.catalogue import RULES
from orchestration.expectations.catalogue.reasons import stored_reason
from orchestration.process.program import with_program
from orchestration.warehouse.ledger.summary import ClientMonth, Ledger, Trouble

FIRST = date(2026, 11, 1)
RUN = Ledger(batches=1, calls=1, rows=0, publication_id=None, publication_rows=None)
LACK = "The account's own total has conversions, or conversion value, that its campaigns lack"


def split(day: date, *, stands: bool) -> Trouble:
    """A day of acme that came without its conversions, with other figures than its neighbours."""
    figures = f"(purchase: campaigns 0, the account {day.day})"
    reason = stored_reason([("not_split", f"{RULES['not_split'].description} {figures}")])
    return Trouble(
        kind="refused", client_id="acme", since=day, until=day, reason=reason, stands=stands
    )


def warned(first_day: date) -> Trouble:
    return Trouble(
        kind="gap", client_id="b", since=first_day, until=first_day, reason="late", stands=False
    )


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Callable[..., list[str]]:
    """Prints troubles, and returns their lines."""

    def lines(*troubles: Trouble) -> list[str]:
        print_summary(Summary([], troubles, RUN), "Next", has_built=False)
        return [line.strip() for line in capsys.readouterr().out.splitlines() if line[:2] == "  "]

    return lines


def test_one_cause_on_neighbouring_days_is_one_line(printed: Callable[..., list[str]]) -> None:
    days = [FIRST + timedelta(n) for n in (*range(26), 27)]
    troubles = [split(day, stands=True) for day in days]
    troubles.insert(3, warned(FIRST))
    troubles.append(split(FIRST + timedelta(28), stands=False))
    kept = "earlier data stand; asked for again when due, or by --since)"
    assert printed(*troubles) == [
        f"refused acme 2026-11-01 to 2026-11-26, 26 days: {LACK} (kept in quarantine, {kept}",
        f"refused acme 2026-11-28: {LACK} (purchase: campaigns 0, the account 28) "
        f"(kept in quarantine, {kept}",
        "gap b 2026-11-01: late (asked for at the next run)",
        f"refused acme 2026-11-29: {LACK} (purchase: campaigns 0, the account 29) "
        "(kept in quarantine, nothing stands in their place; asked for again at the next run)",
        with_program("meta-ads quarantine list shows the figures of refused days"),
    ]
    document = summary_document(Summary([], troubles, RUN), {})
    assert document["troubles"] == troubles


def test_a_month_that_was_left_out_says_why(printed: Callable[..., list[str]]) -> None:
    october = Trouble(
        kind="left out",
        client_id="acme",
        since=date(2026, 10, 1),
        until=date(2026, 10, 31),
        reason="control_totals",
        stands=False,
    )
    assert printed(october) == [
        "left out acme 2026-10-01 to 2026-10-31, 31 days: The month's campaigns add up to less "
        "than the account (nothing of the month is published)"
    ]


@pytest.mark.parametrize(
    ("kind", "stands", "words"),
    [
        ("refused", True, "earlier data stand"),
        ("refused", False, "nothing stands in their place"),
        ("left out", True, "the marts keep its last good publication"),
        ("left out", False, "nothing of the month is published"),
        ("failed", True, "earlier data stand; asked for again when due, or by "),
    ],
)
def test_earlier_data_are_named_only_where_they_stand(
    capsys: pytest.CaptureFixture[str], kind: str, stands: bool, words: str
) -> None:
    trouble = Trouble(
        kind=kind,
        client_id="acme",
        since=FIRST,
        until=FIRST,
        reason="not_split",
        stands=stands,
    )
    print_summary(Summary([], [trouble], RUN), "Next: nothing.", has_built=False)
    (line,) = (line for line in capsys.readouterr().out.splitlines() if "acme" in line)
    assert words in line
    assert ("earlier data stand" in line) == words.startswith("earlier data stand")


def test_on_a_narrow_terminal_no_number_is_cut(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    month = ClientMonth(
        client_id="harbour-coffee-roasters",
        month=FIRST,
        currency="JPY",
        spend=Decimal("12544295.25"),
        impressions=15_181_284,
        clicks=244_981,
        conversions=Decimal(12_653),
        days_received=27,
        days_owed=28,
        month_state="provisional",
    )
    shown = []
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    for columns in ("80", "200"):
        monkeypatch.setenv("COLUMNS", columns)
        print_summary(Summary([month], [], RUN), "Next", has_built=True)
        shown.append(capsys.readouterr().out)
    for screen in shown:
        for figure in ("2026-11", "12,544,295.25", "12,653", "27/28", "provisional"):
            assert figure in screen
    assert [("15,181,284" in screen, "244,981" in screen) for screen in shown] == [
        (False, False),
        (True, True),
    ]
