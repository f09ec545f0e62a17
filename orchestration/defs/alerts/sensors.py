"""The sensors; each asks one layer and says in one sentence why it does nothing."""

import dagster as dg

from orchestration.alerting.delivery.deliver import deliver
from orchestration.alerting.evaluate import evaluate
from orchestration.text import plural
from orchestration.collection.fetcher import check_tokens
from orchestration.collection.owed_request import request_owed
from orchestration.collection.refused_tokens import try_refused_tokens
from orchestration.defs.ingestion.runs import requested, requested_build, run_under_way
from orchestration.defs.jobs import build_only, daily_refresh
from orchestration.defs.runs.ends import (
    began_and_ended,
    failure_of,
    made_good_at,
    write_failure,
    write_or_tell_again,
    write_success,
)
from orchestration.errors import MetaAdsError
from orchestration.defs.resources import MetaAds
from orchestration.settings import load_settings
from orchestration.warehouse.connection import connect
from orchestration.warehouse.ledger.due import waiting_build

OWED_SECONDS = 60
"""How often it is looked whether anything is owed."""
ALERT_SECONDS = 60
"""How often alerts are evaluated."""
DELIVERY_SECONDS = 30
"""How often the outbox is looked into."""
RETRY_SECONDS = 14.0
"""So long a tick goes on trying: the pauses of 2, 4 and 8 seconds fit in, and the last attempt into
the minute that Dagster gives a tick."""
RUNNING = dg.DefaultSensorStatus.RUNNING


@dg.sensor(
    jobs=[daily_refresh, build_only],
    minimum_interval_seconds=OWED_SECONDS,
    default_status=RUNNING,
    description="Asks for exactly the client-days that are owed and due, in one run at a time. "
    "What failed is asked for again after growing pauses, a client that only a person can mend "
    "once a day; a refused token is asked about by itself every half hour. Data that a run "
    "collected and did not publish are built. The only trigger of collections; meta-ads owed says "
    "what is owed and why.",
)
def collect_owed_days(
    context: dg.SensorEvaluationContext, meta_ads: MetaAds
) -> dg.RunRequest | dg.SkipReason:
    """Request a run for what is due and in nobody's hands."""
    if busy := run_under_way(context.instance):
        return dg.SkipReason(f"{busy} What is still owed after it is asked for then.")
    try:
        settings, clients = meta_ads.settings(), meta_ads.clients()
        check_tokens(settings, clients)
        with connect(settings, autocommit=True) as connection:
            for token in try_refused_tokens(settings, connection, clients):
                context.log.info("The token in %s works again", token)
            request = request_owed(connection, clients)
            build = waiting_build(connection) if request is None else None
    except MetaAdsError as error:
        return dg.SkipReason(str(error))
    if build is not None:
        return requested_build(context.instance, build)
    if request is None:
        return dg.SkipReason("Nothing is due now: meta-ads owed lists what pauses, and why.")
    context.log.info("%d client-days of %d clients are due", request.days, request.clients)
    return requested(context.instance, request)


@dg.run_failure_sensor(
    default_status=RUNNING,
    description="Keeps each run that failed in ops.run_failures until a later run of the same job "
    "succeeds; meta-ads recover --list shows them with the command that replays them. A replay "
    "that says what is still failing is not one of them. While the warehouse is away its ticks "
    "fail, and the runs are kept once it is back.",
)
def alert_on_run_failure(context: dg.RunFailureSensorContext, meta_ads: MetaAds) -> None:
    """Write the failure into the ledger."""
    failure = failure_of(context)
    if failure is None:
        job, (began, _) = context.dagster_run.job_name, began_and_ended(context)
        write_or_tell_again(lambda: write_success(meta_ads.settings(), job, began))
        return
    good_at = made_good_at(context.instance, failure)
    write_or_tell_again(lambda: write_failure(meta_ads.settings(), failure, good_at))


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    default_status=RUNNING,
    description="Closes what earlier runs of the same job failed with, in ops.run_failures.",
)
def note_run_success(context: dg.RunStatusSensorContext, meta_ads: MetaAds) -> None:
    """The failures of the job that came before this run are made good."""
    job, (began, _) = context.dagster_run.job_name, began_and_ended(context)
    write_or_tell_again(lambda: write_success(meta_ads.settings(), job, began))


@dg.sensor(
    minimum_interval_seconds=ALERT_SECONDS,
    default_status=RUNNING,
    description="Judges the ledger and the health checks: opens alerts, resolves those whose facts "
    "are gone, and writes what is to be told into the outbox. meta-ads alerts evaluate does the "
    "same without Dagster; meta-ads alerts list shows what stands.",
)
def alert_on_findings(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Evaluate; nothing is launched. A warehouse that is away is an alert, too."""
    done = evaluate(load_settings())
    if done.unreachable:
        return dg.SkipReason(done.unreachable)
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(done.events.items()))
    if told:
        context.log.info("%s are open; %s", plural(done.standing, "alert"), told)
    return dg.SkipReason(f"{plural(done.standing, 'alert')} open; {told or 'nothing new'}.")


@dg.sensor(
    minimum_interval_seconds=DELIVERY_SECONDS,
    default_status=RUNNING,
    description="Sends what waits in the outbox to Slack, by e-mail and to the webhook, each "
    "message once; what fails is tried again after 2, 4, 8 seconds and then longer. meta-ads "
    "alerts deliver does the same without Dagster.",
)
def deliver_alerts(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Deliver; nothing is launched."""
    done = deliver(load_settings(), seconds=RETRY_SECONDS)
    if done.unreachable:
        return dg.SkipReason(done.unreachable)
    if done.failed:
        context.log.error("%d messages were given up: meta-ads recover --list", done.failed)
    return dg.SkipReason(
        f"{done.sent} sent, {done.delayed} tried again later, {done.failed} given up."
    )


SENSORS: list[dg.SensorDefinition] = [
    collect_owed_days,
    alert_on_findings,
    alert_on_run_failure,
    note_run_success,
    deliver_alerts,
]
"""What the code location shows."""
