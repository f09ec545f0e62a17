"""Holds back findings that the next collection will probably settle."""

from collections.abc import Sequence

from orchestration.alerting.judging.evidence import Evidence
from orchestration.alerting.judging.findings.finding import Finding
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.sql_files import read_sql


def past_pending_time(
    connection: Connection, evidence: Evidence, findings: Sequence[Finding], settings: Settings
) -> list[Finding]:
    """The findings without those whose days could not be asked for yet.

    A new client, or one whose first day was moved back, owes many days until the next run has
    asked for them: that becomes an alert only if it stays so for META_ADS_ALERT_PENDING_MINUTES.
    """
    minutes = settings.alert_pending_minutes
    pending = {
        finding.fingerprint
        for finding in findings
        if finding.is_never_asked_for and finding.fingerprint not in evidence.unresolved
    }
    values = {"fingerprints": sorted(pending), "minutes": minutes}
    rows = connection.execute(read_sql(__file__, "past_pending_time"), values).fetchall()
    past = {fingerprint for (fingerprint,) in rows} if minutes else pending
    return [finding for finding in findings if finding.fingerprint not in pending - past]
