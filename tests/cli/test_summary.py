"""The end of a run says what stands in the place of what was refused or left out."""

from datetime import date

import pytest

from orchestration.cli.output.summary import Summary, print_summary
from orchestration.warehouse.ledger.summary import Ledger, Trouble

DAY = date(2026, 11, 5)
NOTHING = Ledger(batches=0, calls=0, rows=0, publication_id=None, publication_rows=None)


@pytest.mark.parametrize(
    ("kind", "earlier_data_stand", "words"),
    [
        ("refused", True, "earlier data stand"),
        ("refused", False, "nothing stands in their place"),
        ("left out", True, "the marts keep its last good publication"),
        ("left out", False, "nothing of the month is published"),
        ("failed", True, "asked for again at the next run"),
    ],
)
def test_earlier_data_are_named_only_where_they_stand(
    capsys: pytest.CaptureFixture[str], kind: str, earlier_data_stand: bool, words: str
) -> None:
    trouble = Trouble(
        kind=kind,
        client_id="acme",
        since=DAY,
        until=DAY,
        reason="not_split",
        earlier_data_stand=earlier_data_stand,
    )
    print_summary(Summary([], [trouble], NOTHING), "Next: nothing.", has_built=False)
    (line,) = (line for line in capsys.readouterr().out.splitlines() if "acme" in line)
    assert words in line
    assert ("earlier data stand" in line) == (words == "earlier data stand")
