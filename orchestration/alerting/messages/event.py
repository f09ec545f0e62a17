"""What happened to an alert."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestration.alerting.messages.message import Kind

Alert = Mapping[str, Any]
"""A row of ops.alerts."""


@dataclass(frozen=True)
class Event:
    """What happened to an alert; `note` says why, where the kind alone does not."""

    kind: Kind
    alert: Alert
    note: str = ""


def subject_of(alert: Alert) -> str:
    """What an alert is about beside its client: a token, a month, a job; empty for most rules."""
    return str(alert["fingerprint"]).split(":", 2)[2]
