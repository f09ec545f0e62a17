"""The list of all sensors; each is defined beside the assets or runs that it watches."""

import dagster as dg

from orchestration.defs.alerts.sensors import alert_on_findings, deliver_alerts
from orchestration.defs.ingestion.sensors import collect_owed_days, mark_collected_days
from orchestration.defs.runs.sensors import (
    alert_on_run_failure,
    delete_old_records,
    note_run_success,
)

SENSORS: list[dg.SensorDefinition] = [
    collect_owed_days,
    mark_collected_days,
    alert_on_findings,
    alert_on_run_failure,
    note_run_success,
    deliver_alerts,
    delete_old_records,
]
