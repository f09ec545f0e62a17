"""Steps that several tests of alerts take: evaluate and deliver, and let time pass."""

from datetime import timedelta

import states
from alert_receivers import Receivers
from databases import Warehouse

from orchestration.alerting.delivery.deliver import deliver
from orchestration.alerting.evaluate import evaluate
from orchestration.settings import Settings

ALERTS_BACK = """
update ops.alerts set (opened_at, notified_at, raised_at, last_seen_at, resolved_at) = (
    opened_at - %(by)s, notified_at - %(by)s, raised_at - %(by)s, last_seen_at - %(by)s,
    resolved_at - %(by)s
)
"""
MESSAGES_BACK = """
update ops.alert_messages set (created_at, not_before) = (created_at - %(by)s, not_before - %(by)s)
"""


def sent_titles(world: Warehouse, settings: Settings, receivers: Receivers) -> list[str]:
    """Evaluate and deliver; the titles of the messages that every destination got."""
    receivers.forget()
    evaluate(settings)
    assert deliver(settings).failed == 0
    slack, mail, webhook = receivers.counts()
    assert slack == mail == webhook
    return receivers.titles()


def open_one_alert(world: Warehouse, settings: Settings) -> None:
    """One alert is open, its messages wait in the outbox."""
    states.day_lost(world)
    evaluate(settings)


def age_alerts(world: Warehouse, hours: float) -> None:
    """As if everything about alerts had been written so long ago."""
    world.execute(ALERTS_BACK, {"by": timedelta(hours=hours)})


def age_messages(world: Warehouse, span: timedelta) -> None:
    """As if the messages had waited so long, and the destinations had failed for so long."""
    world.execute(MESSAGES_BACK, {"by": span})
    world.execute("update ops.alert_destinations set failing_since = failing_since - %s", [span])
