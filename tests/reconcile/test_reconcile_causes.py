"""Causes that the ledger proves or makes likely, each by itself."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from orchestration.reconcile.causes import Causes
from orchestration.reconcile.compare import Difference
from orchestration.reconcile.evidence import DayFacts, Evidence, Restated
from orchestration.reconcile.figures import DAILY, Subject
from orchestration.reconcile.published import DayRow, Published

DAY = date(2026, 11, 3)
READ = datetime(2026, 11, 4, 5, tzinfo=UTC)
ACME = Subject("Broad", frozenset({"c1"}))
LESS = Difference(
    subject=ACME,
    since=DAY,
    until=DAY,
    line=2,
    metric="spend",
    exported=Decimal(10),
    published=Decimal(12),
)
"""The marts have more than the export, which no gap explains."""
MORE = replace(LESS, exported=Decimal(14))
RECEIVED = DayFacts(
    date_day=DAY,
    stands="received",
    last_attempt="received",
    last_reason=None,
    received_at=READ,
    imported_from=None,
    is_owed=True,
    is_pending=False,
    left_out=None,
    month_state="final",
)
ROW = DayRow(
    campaign_id="c1",
    campaign_name="Broad",
    date_day=DAY,
    publication_id=1,
    ended=None,
    null_reason=None,
    figures=dict.fromkeys(DAILY, Decimal(12)),
)
RESTATED = Restated(
    date_day=DAY, metric="spend", before=Decimal(9), after=Decimal(12), age_days=2, noted_at=READ
)


def cause_of(
    difference: Difference,
    *,
    rows: Sequence[DayRow] = (ROW,),
    restated: Sequence[Restated] = (),
    **facts: Any,
) -> tuple[str, str, bool]:
    day = replace(RECEIVED, **facts)
    evidence = Evidence({DAY: day}, restated, {1: READ}, {}, "Europe/Berlin")
    ((explained, cause),) = Causes(evidence, Published(rows, []), {}).explain([difference])
    assert explained is difference
    return cause.code, cause.sentence, cause.is_proven


@pytest.mark.parametrize(
    ("difference", "world", "code", "words", "is_proven"),
    [
        (
            replace(MORE, published=None, null_reason="nobody asked"),
            {},
            "unknown_in_marts",
            "nobody asked",
            True,
        ),
        (MORE, {"stands": "none", "is_owed": False}, "not_collected", "2026-11-03", True),
        (LESS, {"is_pending": True}, "not_published", "not published yet", False),
        (
            LESS,
            {"is_pending": True, "left_out": "control_totals"},
            "not_published",
            "left out",
            False,
        ),
        (MORE, {"stands": "empty"}, "empty_day", "answered with no row", False),
        (MORE, {"stands": "waived"}, "waived_day", "waived", False),
        (LESS, {"imported_from": "march.csv"}, "imported_day", "march.csv", False),
        (MORE, {"rows": []}, "not_in_marts", "gave no row", False),
        (LESS, {"restated": [RESTATED]}, "restated", "spend 9 to 12, all campaigns", False),
        (LESS, {"month_state": "open"}, "still_changes", "2026-11-04 05:00 UTC", False),
        (LESS, {}, "unknown", "nothing in the warehouse", False),
        # What concerns another figure or another direction explains nothing.
        (LESS, {"restated": [replace(RESTATED, metric="clicks")]}, "unknown", "nothing", False),
        (LESS, {"stands": "none", "is_owed": False}, "unknown", "nothing", False),
    ],
)
def test_each_cause_is_found_for_its_own_difference(
    difference: Difference, world: dict[str, Any], code: str, words: str, is_proven: bool
) -> None:
    found, sentence, proven = cause_of(difference, **world)
    assert (found, proven) == (code, is_proven), sentence
    assert words in sentence
