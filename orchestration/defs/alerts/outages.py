"""Alerts while the warehouse cannot be used: Dagster's sensors do not tick then.

Dagster keeps the ticks of its sensors in the warehouse, too. So a thread beside Dagster's daemon
looks whether the warehouse takes writes, and only where it does not evaluates and delivers itself.
"""

import logging
import threading
import time

from orchestration.alerting.delivery.deliver import deliver
from orchestration.alerting.evaluate import EVALUATION, evaluate
from orchestration.defs.alerts.sensors import ALERT_SECONDS
from orchestration.errors import MetaAdsError
from orchestration.settings import Settings, load_settings
from orchestration.warehouse.connection import connect

log = logging.getLogger(__name__)


def alert_during_outages() -> None:
    """Start the thread, which ends with the process."""
    threading.Thread(target=_watch, name="outages", daemon=True).start()


def _watch() -> None:
    while True:
        time.sleep(ALERT_SECONDS)
        try:
            alert_if_away(load_settings())
        except Exception:
            # Without this thread nobody would hear of the next outage.
            log.exception("Alerts about the warehouse could not be evaluated")


def alert_if_away(settings: Settings) -> None:
    """Evaluate and deliver if the warehouse takes no writes; otherwise the sensors do that."""
    if not _takes_writes(settings):
        evaluate(settings)
        deliver(settings)


def _takes_writes(settings: Settings) -> bool:
    try:
        with connect(settings, autocommit=True) as connection:
            # Refused by a standby, by a server that was set to read-only, and by a full disk.
            connection.execute(
                "update ops.heartbeats set detail = detail where name = %s", [EVALUATION]
            )
    except MetaAdsError as error:
        log.warning("%s", error)
        return False
    return True
