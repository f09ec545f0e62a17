"""The gate's verdict on an answer: which days may be kept, and every rule that was broken."""

from dataclasses import dataclass, field
from datetime import date

from orchestration.answers.violation import Violation
from orchestration.answers.window import Window
from orchestration.errors import MetaAdsError


@dataclass
class Verdict:
    """What the gate says about one answer."""

    window: Window
    violations: list[Violation] = field(default_factory=list)

    @property
    def blocking(self) -> list[Violation]:
        """The violations that refuse their day."""
        return [v for v in self.violations if v.severity == "blocking"]

    @property
    def refused_days(self) -> set[date]:
        """The days that must not be kept."""
        return {v.date_day for v in self.blocking if v.date_day is not None}

    @property
    def accepted_days(self) -> list[date]:
        """The days that may be kept, in order."""
        refused = self.refused_days
        return [day for day in self.window.days if day not in refused]


class IncompleteDataError(MetaAdsError):
    """Data that must not be saved; the text lists every blocking violation."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        lines = [f"{v.date_day or 'no day'}: {v.rule}: {v.detail}" for v in verdict.blocking]
        super().__init__(f"{verdict.window.client_id}: incomplete data\n" + "\n".join(lines))
