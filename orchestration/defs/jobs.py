"""Jobs: the main job and its two halves."""

import dagster as dg

from orchestration.defs.partitions import DAYS

INGESTION = dg.AssetSelection.groups("ingestion")
LEDGER = dg.AssetSelection.groups("ledger")

daily_refresh = dg.define_asset_job(
    "daily_refresh",
    selection=dg.AssetSelection.all(),
    partitions_def=DAYS,
    executor_def=dg.in_process_executor,
    description="Collect what is owed, check it, stage it, build the marts and publish them.",
)
collect_only = dg.define_asset_job(
    "collect_only",
    selection=INGESTION,
    partitions_def=DAYS,
    executor_def=dg.in_process_executor,
    description="Collect what is owed, or a range of days, into staging.",
)
build_only = dg.define_asset_job(
    "build_only",
    selection=dg.AssetSelection.all() - INGESTION - LEDGER,
    executor_def=dg.in_process_executor,
    description="Build, audit and publish the client-months whose data changed.",
)
