"""What a person does about alerts: list, acknowledge, close, mute, and test the destinations."""

from orchestration.alerting.operators.decisions import acknowledge, alerts, resolve
from orchestration.alerting.operators.destination_tests import TriedDestination, try_destinations
from orchestration.alerting.operators.muting import mute, mutes, unmute

__all__ = [
    "TriedDestination",
    "acknowledge",
    "alerts",
    "mute",
    "mutes",
    "resolve",
    "try_destinations",
    "unmute",
]
