"""The findings of the audits about a client."""

from datetime import date
from typing import Any

from databases import Warehouse
from factories import days

FIRST, LAST_DUE = date(2026, 11, 1), date(2026, 11, 14)
FINDINGS = """
select "check", severity, month, date_day, detail from audit.audit_findings
where "check" not in ('gap', 'suspected_gap') and client_id = %s order by 1, 3, 4, 5
"""

SUMMARY = "marts.monthly_client_summary where publication_id is not null"
"""The months that are published; others that are owed have a row of nulls."""

FINAL_MONTH = days(date(2026, 9, 1), date(2026, 9, 30))
"""Read for the last time on the 27th of October, before the tests' business time."""


def checks(warehouse: Warehouse, client_id: str) -> list[tuple[Any, ...]]:
    """Check and severity of what was found beside gaps."""
    return sorted({row[:2] for row in warehouse.rows(FINDINGS, [client_id])})
