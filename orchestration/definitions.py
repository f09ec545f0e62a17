"""The Dagster code location: everything that `dagster dev -m orchestration.definitions` loads."""

import dagster as dg

from orchestration.defs.health.checks import data_health
from orchestration.defs.ingestion.assets import collect_insights, insights_api
from orchestration.defs.ingestion.recover import recover_failed
from orchestration.defs.jobs import (
    build_only,
    check_data_health,
    collect_only,
    daily_refresh,
    refresh_current_month,
)
from orchestration.defs.resources import resources
from orchestration.defs.schedules import check_data_health_hourly, refresh_current_month_hourly
from orchestration.defs.sensors import SENSORS
from orchestration.defs.serving.assets import current_month_cache
from orchestration.defs.transformation.assets import ledger_specs, transformation_assets
from orchestration.process.private_files import only_for_the_owner
from orchestration.settings import load_settings
from orchestration.transformation.project import ensure_manifest

# Files of Dagster's processes and of the runs that they start are their owner's only.
only_for_the_owner()
manifest = ensure_manifest(load_settings())

defs = dg.Definitions(
    assets=[
        insights_api,
        collect_insights,
        *ledger_specs(manifest),
        transformation_assets(manifest),
        current_month_cache,
    ],
    asset_checks=[data_health],
    jobs=[
        daily_refresh,
        collect_only,
        recover_failed,
        build_only,
        refresh_current_month,
        check_data_health,
    ],
    schedules=[refresh_current_month_hourly, check_data_health_hourly],
    sensors=SENSORS,
    resources=resources(),
    executor=dg.in_process_executor,
)
