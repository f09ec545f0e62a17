"""The Dagster code location: everything that `dagster dev -m orchestration.definitions` loads."""

import dagster as dg

from orchestration.defs.health.checks import data_health
from orchestration.defs.ingestion.assets import collect_insights
from orchestration.defs.ingestion.specs import campaigns, insights_api
from orchestration.defs.jobs import JOBS
from orchestration.defs.resources import resources
from orchestration.defs.schedules import SCHEDULES
from orchestration.defs.sensors import SENSORS
from orchestration.defs.serving.assets import current_month_cache
from orchestration.defs.transformation.assets import build_marts, ledger_specs
from orchestration.defs.transformation.checks import check_marts

defs = dg.Definitions(
    assets=[
        insights_api,
        campaigns,
        collect_insights,
        *ledger_specs(),
        build_marts,
        current_month_cache,
    ],
    asset_checks=[data_health, check_marts],
    jobs=JOBS,
    schedules=SCHEDULES,
    sensors=SENSORS,
    resources=resources(),
    executor=dg.in_process_executor,
)
