"""Jobs: the main job and its two halves, the running month, the health checks."""

import dagster as dg

from orchestration.defs.health.checks import data_health
from orchestration.defs.partitions import DAYS

INGESTION = dg.AssetSelection.groups("ingestion")
LEDGER = dg.AssetSelection.groups("ledger")
SERVING = dg.AssetSelection.groups("serving")
HEALTH = dg.AssetSelection.checks(data_health)
WAREHOUSE = dg.AssetSelection.all() - SERVING - HEALTH
"""What the main job is about; health is asked for at any time, not about one run."""

daily_refresh = dg.define_asset_job(
    "daily_refresh",
    selection=WAREHOUSE,
    partitions_def=DAYS,
    executor_def=dg.in_process_executor,
    description="Collect what is owed, check it, stage it, build the marts and publish them.",
)
collect_only = dg.define_asset_job(
    "collect_only",
    selection=INGESTION - HEALTH,
    partitions_def=DAYS,
    executor_def=dg.in_process_executor,
    description="Collect what is owed, or a range of days, into staging.",
)
build_only = dg.define_asset_job(
    "build_only",
    selection=WAREHOUSE - INGESTION - LEDGER,
    executor_def=dg.in_process_executor,
    description="Build, audit and publish the client-months whose data changed.",
)
refresh_current_month = dg.define_asset_job(
    "refresh_current_month",
    selection=SERVING - HEALTH,
    executor_def=dg.in_process_executor,
    description="Refresh the running month of the KPI API: what is published, and today so far.",
)
check_data_health = dg.define_asset_job(
    "check_data_health",
    selection=HEALTH,
    executor_def=dg.in_process_executor,
    description="Ask the checks of the health API, and show them as asset checks.",
)
