"""What became of an alert."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestration.alerting.findings.finding import Finding
from orchestration.alerting.message import Kind

Alert = Mapping[str, Any]
"""A row of ops.alerts."""


@dataclass(frozen=True)
class Event:
    """What became of an alert, to be told; `finding` is None once it is resolved.

    `note` says why it is told where that is not plain.
    """

    kind: Kind
    alert: Alert
    finding: Finding | None
    note: str = ""
