"""The sensors that evaluate and deliver alerts; each says in one sentence what it did."""

import dagster as dg

from orchestration.alerting.delivery.deliver import deliver
from orchestration.alerting.evaluate import evaluate
from orchestration.settings import load_settings
from orchestration.text import plural

ALERT_SECONDS = 60
"""How often alerts are evaluated."""
DELIVERY_SECONDS = 30
"""How often the outbox is looked into."""
RETRY_SECONDS = 14.0
"""So long a tick goes on trying: the pauses of 2, 4 and 8 seconds fit in, and the last attempt into
the minute that Dagster gives a tick."""


@dg.sensor(
    minimum_interval_seconds=ALERT_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
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
    default_status=dg.DefaultSensorStatus.RUNNING,
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
