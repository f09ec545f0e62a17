"""The jobs that Dagster's daemon starts by the clock."""

import dagster as dg

from orchestration.defs.jobs import check_data_health, check_marts_thoroughly, refresh_current_month

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
check_marts_weekly = dg.ScheduleDefinition(
    name="check_marts_weekly",
    job=check_marts_thoroughly,
    cron_schedule="10 3 * * 0",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Runs the dbt tests that read whole marts, on Sunday at 03:10 UTC.",
)

SCHEDULES = [refresh_current_month_hourly, check_data_health_hourly, check_marts_weekly]
"""All schedules."""
