"""The Dagster code location: everything that `dagster dev -m orchestration.definitions` loads."""

import dagster as dg

from orchestration.defs.health.checks import data_health
from orchestration.defs.ingestion.assets import collect_insights
from orchestration.defs.ingestion.specs import insights_api
from orchestration.defs.jobs import JOBS
from orchestration.defs.resources import resources
from orchestration.defs.schedules import SCHEDULES
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
    jobs=JOBS,
    schedules=SCHEDULES,
    sensors=SENSORS,
    resources=resources(),
    executor=dg.in_process_executor,
)
