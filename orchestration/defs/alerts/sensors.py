"""The sensors that evaluate alerts and send messages; each tick says in a sentence what it did."""

import dagster as dg

from orchestration.alerting.delivery.deliver import deliver
from orchestration.alerting.evaluate import evaluate
from orchestration.settings import load_settings

ALERT_SECONDS = 60
"""How often alerts are evaluated."""
DELIVERY_SECONDS = 30
"""How often waiting messages are sent."""
RETRY_SECONDS = 14.0
"""How long a tick tries again: long enough for the pauses of 2, 4 and 8 seconds, and short enough
that the last attempt ends within the minute that Dagster gives a tick."""


@dg.sensor(
    minimum_interval_seconds=ALERT_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Evaluates all alert rules every minute: opens alerts, closes those whose cause is "
    "gone, and writes the messages about both. Starts no run. Without Dagster, meta-ads alerts "
    "evaluate does the same; meta-ads alerts list shows the open alerts.",
)
def alert_on_findings(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Evaluate all rules once. A warehouse that cannot be reached is an alert, too."""
    evaluation = evaluate(load_settings())
    if evaluation.unreachable:
        return dg.SkipReason(evaluation.unreachable)
    if evaluation.events:
        context.log.info(f"{evaluation.summary}.")
    return dg.SkipReason(f"{evaluation.summary}.")


@dg.sensor(
    minimum_interval_seconds=DELIVERY_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Sends the waiting messages every 30 seconds to Slack, by e-mail and to webhooks, "
    "each once. A message that fails is tried again after 2, 4 and 8 seconds, then after longer "
    "pauses. Starts no run. Without Dagster, meta-ads alerts deliver does the same.",
)
def deliver_alerts(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Send the messages that wait."""
    delivery = deliver(load_settings(), seconds=RETRY_SECONDS)
    if delivery.unreachable:
        return dg.SkipReason(delivery.unreachable)
    if delivery.failed:
        context.log.error("%d messages were given up: meta-ads recover --list", delivery.failed)
    return dg.SkipReason(f"{delivery.summary}.")
