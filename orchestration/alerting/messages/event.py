"""What became of an alert."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestration.alerting.messages.message import Kind

Alert = Mapping[str, Any]
"""A row of ops.alerts."""


@dataclass(frozen=True)
class Event:
    """What became of an alert, to be told; `note` says why where that is not plain."""

    kind: Kind
    alert: Alert
    note: str = ""
