"""The Dagster entry: `dagster dev -m orchestration.definitions`."""

import dagster as dg

from orchestration.defs.ingestion.assets import collect_insights, insights_api
from orchestration.defs.ingestion.recover import recover_failed
from orchestration.defs.jobs import build_only, collect_only, daily_refresh
from orchestration.defs.transformation.assets import ledger_specs, transformation_assets
from orchestration.resources import resources
from orchestration.settings import load_settings
from orchestration.transformation.project import ensure_manifest

manifest = ensure_manifest(load_settings())

defs = dg.Definitions(
    assets=[
        insights_api,
        collect_insights,
        *ledger_specs(manifest),
        transformation_assets(manifest),
    ],
    jobs=[daily_refresh, collect_only, recover_failed, build_only],
    resources=resources(),
    executor=dg.in_process_executor,
)
