"""The jobs that Dagster's daemon starts once an hour."""

import dagster as dg

from orchestration.defs.jobs import check_data_health, refresh_current_month

refresh_current_month_hourly = dg.ScheduleDefinition(
    name="refresh_current_month_hourly",
    job=refresh_current_month,
    cron_schedule="20 * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Refreshes the KPIs of the current month 20 minutes past each hour, so that they "
    "are never older than three hours.",
)
check_data_health_hourly = dg.ScheduleDefinition(
    name="check_data_health_hourly",
    job=check_data_health,
    cron_schedule="50 * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Updates the asset checks with the results of the health API, 50 minutes past each "
    "hour.",
)

SCHEDULES = [refresh_current_month_hourly, check_data_health_hourly]
"""All schedules."""
