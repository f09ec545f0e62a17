"""`dbt build` as Dagster assets: build, audit and publish; the publication is one of its nodes."""

import atexit
import logging
import subprocess
from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster import DagsterExecutionInterruptedError
from dagster_dbt import DbtCliInvocation, dbt_assets

from orchestration import progress
from orchestration.defs.ingestion.runs import MAIN_JOB
from orchestration.defs.resources import Dbt, MetaAds
from orchestration.defs.transformation.manifest import MANIFEST
from orchestration.defs.transformation.translator import SOURCE_GROUPS, TestsOfBuilds
from orchestration.errors import BrokenOffError, MetaAdsError
from orchestration.process.owner import build_owner
from orchestration.settings import Settings
from orchestration.transformation.project import CHANGES_ONLY, project_digest
from orchestration.transformation.results import RESULTS, BuildResult, build_result
from orchestration.warehouse.connecting.server_errors import read_only_error
from orchestration.warehouse.connection import connect, lock_holders, retry_if_broken_off
from orchestration.warehouse.ledger.recovery_file import log_named
from orchestration.warehouse.ledger.run_failures import note_build_failure
from orchestration.warehouse.publications.builds import is_build_due, queue_for_build

STEPS = (dg.Output, dg.AssetMaterialization, dg.MaterializeResult)
"""Events of dbt that end a step of the progress bar."""
INTERRUPT_SECONDS = 0.3
"""How long dbt may take to end after Ctrl-C."""
log = logging.getLogger(__name__)


class BuildConfig(dg.Config):
    """How to build.

    `full_refresh` builds every client-month, changed or not. `take_over` closes a build that
    another process holds.
    """

    full_refresh: bool = False
    take_over: bool = False


def ledger_specs() -> list[dg.AssetSpec]:
    """The tables that models read and no asset of this location makes: ledger and publications."""
    sources = MANIFEST["sources"].values()
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


@dbt_assets(manifest=MANIFEST, name="build_marts", dagster_dbt_translator=TestsOfBuilds())
def build_marts(
    context: dg.AssetExecutionContext, config: BuildConfig, dbt: Dbt, meta_ads: MetaAds
) -> Iterator[Any]:
    """Build the client-months whose data changed, audit them, publish all marts in one step."""
    settings = meta_ads.settings()
    if not _is_asked_for(context, config) and not _is_due(settings):
        context.log.info("Nothing to build: all data are published, of this dbt project.")
        return
    watcher = progress.current()
    watcher.stage("Building and publishing", len(context.selected_asset_keys), "table")
    result = None
    try:
        with connect(settings) as lock_holder:
            with connect(settings, autocommit=True) as connection:
                queue_for_build(lock_holder, connection, take_over=config.take_over)
            invocation = _begin(context, config, dbt, settings)
            for event in _events(invocation):
                if isinstance(event, STEPS):
                    watcher.step("")
                yield event
            result = build_result(settings.dbt_target, str(invocation.get_error() or ""))
            if result.waited_for_a_lock:
                result = result.with_holders(lock_holders(settings))
    except BrokenOffError as error:
        # The lock on the build went with its connection; what dbt has done stays valid.
        result = result or BuildResult({"warehouse": str(error)}, {})
    _note_failure(settings, result)
    _raise_errors(context, result, settings.retry_delays)


def _is_asked_for(context: dg.AssetExecutionContext, config: BuildConfig) -> bool:
    """Whether somebody asked for this build, so that it runs even if it finds nothing to do."""
    return (
        context.job_name != MAIN_JOB
        or config.full_refresh
        or config.take_over
        or context.is_subset
        # The attempt before may have done all but a test.
        or context.retry_number > 0
    )


def _is_due(settings: Settings) -> bool:
    def read() -> bool:
        with connect(settings) as connection:
            return is_build_due(connection, project_digest())

    return retry_if_broken_off(settings, read)


def _begin(
    context: dg.AssetExecutionContext, config: BuildConfig, dbt: Dbt, settings: Settings
) -> DbtCliInvocation:
    # Only now, because another build may have been waited for: the project may have changed.
    dbt.bind(settings)
    (settings.dbt_target / RESULTS).unlink(missing_ok=True)
    arguments = ["build", *(("--full-refresh",) if config.full_refresh else CHANGES_ONLY)]
    # A selection is for dagster-dbt to put into dbt's words.
    ready = None if context.is_subset else dbt.run_ready(arguments, context, settings.dbt_target)
    return ready or dbt.cli(
        arguments, context=context, target_path=settings.dbt_target, raise_on_error=False
    )


def _events(invocation: DbtCliInvocation) -> Iterator[Any]:
    """The events of dbt, which ends with this process: nobody waits for it after Ctrl-C.

    Left alone, it would go on and publish. Killed in the middle of it, it publishes nothing: the
    publication is one transaction.
    """
    process = invocation.process
    # dagster-dbt hands an interrupt on, and would wait 25 seconds for dbt to end.
    invocation.termination_timeout_seconds = INTERRUPT_SECONDS
    # An interrupt of Dagster's own code leaves this generator where it is.
    atexit.register(process.kill)
    try:
        yield from invocation.stream()
    except BaseException as error:
        process.kill()
        process.wait()
        if isinstance(error, subprocess.TimeoutExpired):
            raise DagsterExecutionInterruptedError from None
        raise
    finally:
        atexit.unregister(process.kill)


def _note_failure(settings: Settings, result: BuildResult) -> None:
    """Note in the ledger, and in `logs/recovery.jsonl`, why the build failed.

    A test upstream of the publication fails a build without an error of any node. A build that
    never began has no entry to note it in.
    """
    reason = result.in_words
    if not reason:
        return
    try:
        with connect(settings, autocommit=True) as connection:
            build_id = note_build_failure(connection, build_owner(), reason)
            if build_id is not None:
                log_named(settings, connection, "build", build_id)
    except MetaAdsError as error:
        # The errors are raised all the same, and decide whether the build is tried again.
        log.warning("Why the build failed could not be noted: %s", error)


def _raise_errors(
    context: dg.AssetExecutionContext, result: BuildResult, delays: tuple[float, ...]
) -> None:
    """Fail the step if a node is broken, or try it again; failed tests are failed checks only.

    Raises:
        RetryRequested: the same build may pass later.
        MetaAdsError: it will not, or was tried often enough.
    """
    if not result.errors:
        return
    if result.may_pass_later and context.retry_number < len(delays):
        raise dg.RetryRequested(len(delays), seconds_to_wait=delays[context.retry_number])
    if result.read_only:
        raise read_only_error(result.read_only)
    raise MetaAdsError(f"The build failed, nothing was published. {result.in_words}")
