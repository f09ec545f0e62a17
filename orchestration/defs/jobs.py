"""The jobs: the main job and its halves, the replay, the current month, the checks."""

from typing import Any

import dagster as dg

from orchestration.defs.health.checks import data_health
from orchestration.defs.ingestion.recover import recover_failed
from orchestration.defs.ingestion.runs import MAIN_JOB
from orchestration.defs.partitions import DAYS
from orchestration.defs.transformation.checks import check_marts

INGESTION = dg.AssetSelection.groups("ingestion")
LEDGER = dg.AssetSelection.groups("ledger")
SERVING = dg.AssetSelection.groups("serving")
HEALTH = dg.AssetSelection.checks(data_health)
CHECKS_OF_MARTS = dg.AssetSelection.checks(check_marts)
WAREHOUSE = dg.AssetSelection.all() - SERVING - HEALTH - CHECKS_OF_MARTS
"""What the main job makes. Checks that are not about one run have jobs of their own."""

daily_refresh = dg.define_asset_job(
    MAIN_JOB,
    selection=WAREHOUSE,
    partitions_def=DAYS,
    executor_def=dg.in_process_executor,
    description="The main job: collect the client-days that are owed, check them, store them in "
    "staging, build the marts and publish them.",
)
collect_only = dg.define_asset_job(
    "collect_only",
    selection=INGESTION - HEALTH,
    partitions_def=DAYS,
    executor_def=dg.in_process_executor,
    description="Collect the client-days that are owed, or a range of days, into staging. Builds "
    "and publishes nothing.",
)
build_only = dg.define_asset_job(
    "build_only",
    selection=WAREHOUSE - INGESTION - LEDGER,
    executor_def=dg.in_process_executor,
    description="Build, audit and publish the client-months whose data changed. Collects nothing.",
)
refresh_current_month = dg.define_asset_job(
    "refresh_current_month",
    selection=SERVING - HEALTH,
    executor_def=dg.in_process_executor,
    description="Refresh the current month of the KPI API: what is published, and today so far.",
)
check_data_health = dg.define_asset_job(
    "check_data_health",
    selection=HEALTH,
    executor_def=dg.in_process_executor,
    description="Run the checks of the health API and show their results as asset checks.",
)
check_marts_thoroughly = dg.define_asset_job(
    "check_marts_thoroughly",
    selection=CHECKS_OF_MARTS,
    executor_def=dg.in_process_executor,
    description="Run the dbt tests that read whole marts, which builds leave out.",
)

JOBS: list[Any] = [
    daily_refresh,
    collect_only,
    recover_failed,
    build_only,
    refresh_current_month,
    check_data_health,
    check_marts_thoroughly,
]
"""All jobs; Dagster does not export the type of those that select assets."""
