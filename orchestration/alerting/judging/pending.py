"""Findings that may be gone in a moment are no alerts yet."""

from collections.abc import Sequence

from orchestration.alerting.judging.facts import Facts
from orchestration.alerting.judging.findings.finding import Finding
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection

PENDING = """
with gone as (
    delete from ops.alerts_pending where not fingerprint = any(%(fingerprints)s)
),

new as (
    insert into ops.alerts_pending (fingerprint) select unnest(%(fingerprints)s::text[])
    on conflict do nothing
)

select fingerprint from ops.alerts_pending
where fingerprint = any(%(fingerprints)s)
    and first_seen_at <= clock_timestamp() - make_interval(mins => %(minutes)s)
"""


def ripe(
    connection: Connection, facts: Facts, findings: Sequence[Finding], settings: Settings
) -> list[Finding]:
    """The findings without days that nobody asked for a moment ago.

    A new client, or one whose first day was moved back, owes a lot until the next run has been at
    work: that is told only if it stays so.
    """
    young = {
        finding.fingerprint
        for finding in findings
        if finding.is_unasked and finding.fingerprint not in facts.living
    }
    values = {"fingerprints": sorted(young), "minutes": settings.alert_pending_minutes}
    old = {name for (name,) in connection.execute(PENDING, values).fetchall()}
    if not settings.alert_pending_minutes:
        old = young
    return [f for f in findings if f.fingerprint not in young - old]
