"""The sensors that note how runs ended in the ledger, and that delete old records."""

import dagster as dg

from orchestration.defs.resources import MetaAds
from orchestration.defs.runs.ends import (
    began_and_ended,
    failure_of,
    made_good_at,
    write_failure,
    write_or_report_again,
    write_success,
)
from orchestration.defs.runs.retention import (
    AT_A_TICK,
    delete_old_check_results,
    delete_old_runs,
)
from orchestration.retention.files import delete_old_files
from orchestration.retention.prune import prune

PRUNING_SECONDS = 25
"""So long a tick deletes old rows of the ledger, of the 60 s that a tick may take."""


@dg.run_failure_sensor(
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Writes each failed run into ops.run_failures, where it stays open until a later "
    "run of the same job succeeds; alerts are opened from there. meta-ads recover --list shows "
    "open failures with the command that replays each. A run of recover_failed that ends because "
    "days still fail is not written: those days are open already. While the warehouse cannot be "
    "reached, ticks fail, and the runs are written once it is back.",
)
def alert_on_run_failure(context: dg.RunFailureSensorContext, meta_ads: MetaAds) -> None:
    """Write the failure into the ledger."""
    failure, (began, ended) = failure_of(context), began_and_ended(context)
    job = context.dagster_run.job_name
    if failure is None:
        write_or_report_again(lambda: write_success(meta_ads.settings(), job, began))
        return
    good_at = made_good_at(context.instance, job, ended)
    write_or_report_again(lambda: write_failure(meta_ads.settings(), failure, good_at))


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Closes the failures of earlier runs of the same job in ops.run_failures.",
)
def note_run_success(context: dg.RunStatusSensorContext, meta_ads: MetaAds) -> None:
    """Close the failures of the job that came before this run."""
    job, (began, _) = context.dagster_run.job_name, began_and_ended(context)
    write_or_report_again(lambda: write_success(meta_ads.settings(), job, began))


@dg.sensor(
    minimum_interval_seconds=3600,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Deletes, every hour, runs of Dagster with their events that are older than "
    "META_ADS_DAGSTER_DAYS, results of asset checks but the latest of each, and old rows of the "
    "ledger, pages and logs as META_ADS_KEEP_... say, in small transactions for at most 25 s; the "
    "next tick goes on. Starts no run. What numbers and open faults stand on is kept; meta-ads "
    "storage shows sizes.",
)
def delete_old_records(context: dg.SensorEvaluationContext, meta_ads: MetaAds) -> dg.SkipReason:
    """Delete what is older than records are kept."""
    settings = meta_ads.settings()
    runs = delete_old_runs(context.instance, settings, AT_A_TICK)
    results = delete_old_check_results(settings)
    pruned = prune(settings, PRUNING_SECONDS)
    files = delete_old_files(settings)
    tables = ", ".join(f"{each.rows} rows of {each.rule.table}" for each in pruned if each.rows)
    later = ", ".join(each.rule.table for each in pruned if not each.is_done)
    return dg.SkipReason(
        f"{runs} runs and {results} results of checks were older than {settings.dagster_days} days."
        f" Old records: {tables or 'none'}; {files} files."
        + (f" The next tick goes on with {later}." if later else "")
    )
