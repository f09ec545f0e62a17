"""What the asset checks say of days: a line for each cause, client and range of days."""

from collections.abc import Iterable

from orchestration.answers.violation import Violation
from orchestration.days import folded
from orchestration.expectations.catalogue.reasons import (
    cause_in_words,
    reason_of_range,
    stored_reason,
)
from orchestration.warehouse.ledger.summary import Trouble

Found = tuple[str, Violation]
"""A client, and a rule that its answer broke."""


def lines_of_violations(found: Iterable[Found]) -> list[str]:
    """`acme 2026-11-01 to 2026-11-03, 3 days: The campaigns ...`; those without a day come last."""
    rows = [(client_id, violation, _reason(violation)) for client_id, violation in found]
    ranges = folded(
        (row for row in rows if row[1].date_day is not None),
        lambda row: (row[0], cause_in_words(row[2])),
        lambda row: (row[1].date_day or "", row[1].date_day or ""),
    )
    return [
        *(
            f"{days.rows[0][0]} {days}: {reason_of_range([row[2] for row in days.rows])}"
            for days in ranges
        ),
        *(
            f"{client_id} no day: {reason_of_range([reason])}"
            for client_id, violation, reason in rows
            if violation.date_day is None
        ),
    ]


def lines_of_troubles(found: Iterable[Trouble]) -> list[str]:
    """`acme 2026-11-01 to 2026-11-03, 3 days: failed: HTTP 500`."""
    ranges = folded(
        found,
        lambda trouble: (trouble.client_id, trouble.kind, cause_in_words(trouble.reason)),
        lambda trouble: (trouble.since, trouble.until),
    )
    return [
        f"{days.rows[0].client_id} {days}: {days.rows[0].kind}: "
        + reason_of_range([trouble.reason for trouble in days.rows])
        for days in ranges
    ]


def _reason(violation: Violation) -> str:
    return stored_reason([(violation.rule, violation.detail)])
