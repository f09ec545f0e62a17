"""Schedules: what Dagster's daemon starts by itself, by the hour."""

import dagster as dg

from orchestration.defs.jobs import check_data_health, refresh_current_month

refresh_current_month_hourly = dg.ScheduleDefinition(
    name="refresh_current_month_hourly",
    job=refresh_current_month,
    cron_schedule="20 * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Keeps the KPIs of the running month younger than three hours.",
)
check_data_health_hourly = dg.ScheduleDefinition(
    name="check_data_health_hourly",
    job=check_data_health,
    cron_schedule="50 * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Shows in the asset checks what the health API says.",
)
