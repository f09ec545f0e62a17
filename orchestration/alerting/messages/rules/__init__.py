"""The rules of alerts: what a person is told, how severe it is, and what the message says.

A rule consists of an entry here, a function in `judging/findings/` that finds it, and a section of
its name in `docs/runbook.md`. Thresholds are settings.
"""

from collections.abc import Mapping

from orchestration.alerting.messages.rules.critical import CRITICAL_RULES
from orchestration.alerting.messages.rules.high import HIGH_RULES
from orchestration.alerting.messages.rules.medium_and_low import LOW_RULES, MEDIUM_RULES
from orchestration.alerting.messages.rules.rule import API_CAUSES, Rule

__all__ = ["ALERT_RULES", "API_CAUSES", "Rule"]

ALERT_RULES: Mapping[str, Rule] = {
    rule.name: rule for rule in (*CRITICAL_RULES, *HIGH_RULES, *MEDIUM_RULES, *LOW_RULES)
}
"""Every rule by its name; messages of one evaluation are sent in this order."""
