"""`dbt build` as assets: write, audit and publish, with the publication as one of its nodes."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import orjson
from dagster_dbt import DagsterDbtTranslator, DbtCliInvocation, dbt_assets

from orchestration import progress
from orchestration.defs.resources import Dbt, MetaAds
from orchestration.errors import BrokenOffError, MetaAdsError
from orchestration.process.owner import build_owner
from orchestration.settings import Settings
from orchestration.transformation.project import CHANGES_ONLY
from orchestration.transformation.results import BuildResult, build_result
from orchestration.warehouse.connecting.server_errors import read_only_error
from orchestration.warehouse.connection import connect, lock_holders
from orchestration.warehouse.ledger.recovery_file import log_named
from orchestration.warehouse.ledger.run_failures import note_build_failure
from orchestration.warehouse.publications.builds import queue_for_build

SOURCE_GROUPS = {"meta_ads": "ingestion", "ops": "ledger", "published": "publication"}
STEPS = (dg.Output, dg.AssetMaterialization, dg.MaterializeResult)
log = logging.getLogger(__name__)


class BuildConfig(dg.Config):
    """How to build."""

    full_refresh: bool = False
    take_over: bool = False


class Translator(DagsterDbtTranslator):
    """dbt's folders as groups; sources keep their own keys, which are those of the ingestion."""

    def get_group_name(self, dbt_resource_props: Any) -> str | None:
        """staging, intermediate, candidate, audit, publication or marts."""
        if dbt_resource_props["resource_type"] == "source":
            return SOURCE_GROUPS[dbt_resource_props["source_name"]]
        return str(dbt_resource_props["fqn"][1]) if len(dbt_resource_props["fqn"]) > 2 else "seeds"


def ledger_specs(manifest: Path) -> list[dg.AssetSpec]:
    """The ledger's tables and those that publications change, which the models read, too."""
    sources = orjson.loads(manifest.read_bytes())["sources"].values()
    return [
        dg.AssetSpec(
            dg.AssetKey([source["source_name"], source["name"]]),
            group_name=SOURCE_GROUPS[source["source_name"]],
            kinds={"postgres"},
            description=source["description"],
        )
        for source in sources
        if source["source_name"] != "meta_ads"
    ]


def transformation_assets(manifest: Path) -> dg.AssetsDefinition:
    """The models, seeds and tests of the dbt project with this manifest."""

    @dbt_assets(manifest=manifest, name="build_marts", dagster_dbt_translator=Translator())
    def build_marts(
        context: dg.AssetExecutionContext, config: BuildConfig, dbt: Dbt, meta_ads: MetaAds
    ) -> Iterator[Any]:
        """Build the client-months whose data changed, audit them, publish all marts in one step."""
        settings = meta_ads.settings()
        dbt.bind(settings)
        watcher = progress.current()
        watcher.stage("Building and publishing", len(context.selected_asset_keys))
        result = None
        try:
            with connect(settings) as turn:
                with connect(settings, autocommit=True) as connection:
                    queue_for_build(turn, connection, take_over=config.take_over)
                invocation = _begin(context, config, dbt, settings)
                for event in invocation.stream():
                    if isinstance(event, STEPS):
                        watcher.step("")
                    yield event
                result = build_result(settings.dbt_target, str(invocation.get_error() or ""))
                if result.waited_for_a_lock:
                    result = result.with_holders(lock_holders(settings))
        except BrokenOffError as error:
            # The turn to build went with its connection; what dbt did without it stands.
            result = result or BuildResult({"warehouse": str(error)}, {})
        _note_failure(settings, result)
        _judge(context, result, settings.retry_delays)

    return build_marts


def _begin(
    context: dg.AssetExecutionContext, config: BuildConfig, dbt: Dbt, settings: Settings
) -> DbtCliInvocation:
    (settings.dbt_target / "run_results.json").unlink(missing_ok=True)
    return dbt.cli(
        ["build", *(("--full-refresh",) if config.full_refresh else CHANGES_ONLY)],
        context=context,
        target_path=settings.dbt_target,
        raise_on_error=False,
    )


def _note_failure(settings: Settings, result: BuildResult) -> None:
    """Say in the ledger, and in the file beside it, why the build failed; one never begun has none.

    A test upstream of the publication fails a build without an error of any node.
    """
    found = {**result.errors, **result.failures}
    if not found:
        return
    reason = "; ".join(f"{name}: {text}" for name, text in found.items())
    try:
        with connect(settings, autocommit=True) as connection:
            build_id = note_build_failure(connection, build_owner(), reason)
            if build_id is not None:
                log_named(settings, connection, "build", build_id)
    except MetaAdsError as error:
        # What the build met is told all the same, and decides whether it is tried again.
        log.warning("Why the build failed could not be noted: %s", error)


def _judge(
    context: dg.AssetExecutionContext, result: BuildResult, delays: tuple[float, ...]
) -> None:
    """Failed tests are red checks; a broken node fails the step, or it is tried again."""
    if not result.errors:
        return
    reasons = "; ".join(f"{name}: {text}" for name, text in result.errors.items())
    if result.may_pass_later and context.retry_number < len(delays):
        raise dg.RetryRequested(len(delays), seconds_to_wait=delays[context.retry_number])
    if result.read_only:
        raise read_only_error(result.read_only)
    raise MetaAdsError(f"The build failed, nothing was published. {reasons}")
